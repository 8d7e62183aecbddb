# make help lists the targets. Everything here also works as the plain
# commands it runs; nothing needs more than Go, a C compiler and a GPU driver.

GO      ?= go
BIN     := bin/dinogpu
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS := -X main.version=$(VERSION)
# The binding links a native library, so the packages need cgo.
export CGO_ENABLED := 1

# Versions of the tools that check uses; the Go proxy serves both.
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.DEFAULT_GOAL := help
.PHONY: help setup build viewer run test test-swiftshader test-viewer test-wine test-wine-dx12 test-container check dist bench clean

help: ## List the targets
	@echo "dinogpu trains DINO vision transformers on any GPU. Targets:"
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

setup: ## Look for a C compiler and a GPU driver; install software Vulkan where apt may
	@GO='$(GO)' sh .ci/setup.sh

build: ## Build bin/dinogpu
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/dinogpu

# TAGS='window wayland' for a desktop without X11 and XWayland.
TAGS ?= window
viewer: setup ## Build bin/dinogpu with view's window; install what that needs where apt may
	@TAGS='$(TAGS)' sh .ci/viewer.sh
	$(GO) build -trimpath -tags '$(TAGS)' -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/dinogpu

run: setup build ## Train the demo: real pictures, minutes on two cores
	$(BIN) train --preset demo

# ./... passes over folders named testdata, and five of ours are packages: one
# embeds the demo's images, three are for tests, one is an example.
PACKAGES := ./... ./testdata ./testdata/golden ./testdata/hostile ./testdata/desktop ./testdata/library

test: setup ## Run every test
	$(GO) vet $(PACKAGES)
	$(GO) test -timeout 25m $(PACKAGES)

# A second driver to agree with, from Debian's package chromium.
SWIFTSHADER ?= /usr/lib/chromium/vk_swiftshader_icd.json
test-swiftshader: ## The tests that use a device, on SwiftShader (Debian: apt install chromium)
	@test -e '$(SWIFTSHADER)' || { echo "SwiftShader was not found: install chromium, or name its manifest with SWIFTSHADER=PATH." >&2; exit 1; }
	VK_ICD_FILENAMES='$(SWIFTSHADER)' VK_DRIVER_FILES='$(SWIFTSHADER)' $(GO) test -count=1 -timeout 30m ./gpu ./layers/... ./dino/... ./eval ./viewer/explore

# Tag browser: pages looked at in headless Chromium, another one by CHROMIUM=PATH. Tag window: on an X server of its own.
test-viewer: viewer ## The window and the pages (Debian: apt install chromium xvfb x11-apps xdotool)
	$(GO) vet -tags window,browser ./viewer/... ./cmd/dinogpu
	$(GO) run $(STATICCHECK) -tags window,browser ./viewer/... ./cmd/dinogpu
	$(GO) test -count=1 -timeout 10m -tags browser -run Browser ./viewer/report/live
	$(GO) test -count=1 -timeout 15m -tags window ./viewer/window
	$(GO) test -count=1 -timeout 15m -tags window -run '^TestWindow' ./cmd/dinogpu

test-wine: ## The Windows build under Wine beside the Linux one (Debian: apt install wine64 xvfb gcc-mingw-w64-x86-64)
	@sh .ci/wine.sh '$(GO)'

test-container: build ## The Dockerfile's last stage without Docker, and a training in it (as root; Debian: apt install debootstrap)
	@sh .ci/container.sh '$(GO)' $(BIN)

test-wine-dx12: ## The Windows build on DX12, by Debian 13's Wine 10, fetched once (as root; Debian: apt install debootstrap npm gcc-mingw-w64-x86-64)
	@sh .ci/wine-dx12.sh '$(GO)'

check: build ## Formatting, vet, staticcheck; other systems; every kernel where the compilers are
	@sh .ci/format.sh '$(GO)' '$(GOFUMPT)'
	$(GO) vet $(PACKAGES)
	$(GO) run $(STATICCHECK) $(PACKAGES)
	@sh .ci/windows.sh '$(GO)'
	$(GO) run .ci/typecheck.go darwin/arm64,darwin/amd64,windows/arm64 $(PACKAGES)
	@sh .ci/arm64.sh '$(GO)'
	@sh .ci/shaders.sh $(BIN)
	$(GO) run .ci/notices.go linux/amd64,linux/arm64,windows/amd64

dist: ## Archives with checksums in dist/, for each system whose C compiler is here
	@sh .ci/dist.sh '$(GO)' '$(VERSION)'

bench: setup build ## Measure the device: FMA, copies, matmuls, the whole step
	$(BIN) bench

clean: ## Remove what build, check and dist made (runs/ stays)
	rm -rf bin dist
