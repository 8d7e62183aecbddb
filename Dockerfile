# dinogpu for NVIDIA, AMD and Intel GPUs, and for none: Mesa's software driver is inside. README.md, "Containers", has the
# commands.
#
#	docker build -t dinogpu --build-arg VERSION="$(git describe --tags --always --dirty)" .

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=development
RUN CGO_ENABLED=1 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/dinogpu ./cmd/dinogpu \
    && go run .ci/notices.go linux/$(go env GOARCH) /out/NOTICES

# Mesa of Debian 13 knows newer GPUs than that of 12.
FROM debian:trixie-slim

# The loader; AMD's, Intel's and the software driver; what NVIDIA's, which comes from the host, is linked to.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libvulkan1 mesa-vulkan-drivers \
        libegl1 libx11-6 libxext6 \
    && rm -rf /var/lib/apt/lists/*

# NVIDIA's container toolkit brings its Vulkan driver only where graphics is asked for.
ENV NVIDIA_VISIBLE_DEVICES=all
ENV NVIDIA_DRIVER_CAPABILITIES=compute,graphics,utility

# Whoever runs it can write there, and what was measured of a GPU stays with the runs.
RUN useradd --create-home --uid 1000 dinogpu && mkdir -m 777 /data /runs
ENV XDG_CACHE_HOME=/runs/.cache

COPY --from=build /out/dinogpu /usr/local/bin/dinogpu
COPY --from=build /out/NOTICES /src/LICENSE /usr/share/doc/dinogpu/
USER dinogpu
WORKDIR /
VOLUME ["/data", "/runs"]
ENTRYPOINT ["dinogpu"]
CMD ["--help"]
