#!/usr/bin/python3
"""Makes the small pictures beside it and what Pillow's convert("RGB") reads from
them (expected.safetensors). Made with Pillow 9.4.0 (Debian's python3-pil); no test
and no build runs it."""

import json
import struct

from PIL import Image

photo = Image.open("../golden/photo.png").convert("RGB")
W, H = 37, 29  # odd, and no multiple of a JPEG's blocks
rgb = photo.resize((W, H), Image.LANCZOS)
grey = rgb.convert("L")
mask = Image.linear_gradient("L").resize((W, H))
palette = rgb.quantize(40, dither=Image.Dither.NONE)
rgba = rgb.copy()
rgba.putalpha(mask)
la = grey.copy()
la.putalpha(mask)
deep = Image.new("I", (W, H))
deep.putdata([257 * v for v in grey.getdata()])
large = photo.resize((61, 43), Image.LANCZOS)

expected = {}


def read(name):
    im = Image.open(name)
    expected[name] = im.convert("RGB")


def save(im, name, **options):
    im.save(name, **options)
    read(name)


def png(name, width, height, depth, colour, interlace, rows):
    """A PNG that Pillow cannot write: other depths, Adam7."""
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    with open(name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))
    read(name)


def adam7(im):
    """The rows of an interlaced picture, unfiltered."""
    out = b""
    px, n = im.load(), len(im.getbands())
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        for y in range(y0, im.height, dy):
            row = b"".join(bytes(px[x, y]) if n > 1 else bytes([px[x, y]]) for x in range(x0, im.width, dx))
            if row:
                out += b"\0" + row
    return out


save(rgb, "rgb.png")
save(grey, "grey.png")
save(la, "grey-alpha.png")
save(rgba, "rgba.png")
save(palette, "palette.png")
save(palette, "palette-transparent.png", transparency=3)
save(palette, "palette-alpha.png", transparency=bytes(i * 6 for i in range(40)))
save(rgb.quantize(4), "palette-2bit.png", bits=2)
save(grey.convert("1"), "1bit.png")
png("interlaced.png", W, H, 8, 2, 1, adam7(rgb))
png("rgb-16bit.png", W, H, 16, 2, 0, b"".join(
    b"\0" + b"".join(struct.pack(">HHH", *(257 * c for c in rgb.getpixel((x, y)))) for x in range(W)) for y in range(H)))
save(rgb, "rgb-transparent.png", transparency=rgb.getpixel((3, 3)))
# What Pillow makes of 16-bit grey is not what is wanted: see decode_pillow_test.go.
save(deep, "grey-16bit.png")

save(palette, "palette.gif")
palette.save("animated.gif", save_all=True, append_images=[rgb.transpose(Image.Transpose.FLIP_LEFT_RIGHT).quantize(40)], loop=0)
read("animated.gif")
save(palette, "interlaced.gif", interlace=1)
save(palette, "transparent.gif", transparency=3)

save(rgb, "rgb.bmp")
save(palette, "palette.bmp")
save(grey, "grey.bmp")
save(grey.convert("1"), "1bit.bmp")

save(rgb, "plain.tiff")
save(rgb, "lzw.tiff", compression="tiff_lzw")
save(rgb, "deflate.tiff", compression="tiff_adobe_deflate")
save(rgb, "packbits.tiff", compression="packbits")
save(grey, "grey.tiff")
save(palette, "palette.tiff")
save(rgba, "rgba.tiff")
save(grey.convert("1"), "1bit.tiff")

save(rgb, "lossless.webp", lossless=True)
save(rgba, "lossless-alpha.webp", lossless=True, exact=True)
save(large, "lossy.webp", quality=80)
save(rgba, "lossy-alpha.webp", quality=80, exact=True)

save(large, "444.jpg", quality=90, subsampling=0)
save(large, "422.jpg", quality=90, subsampling=1)
save(large, "420.jpg", quality=90, subsampling=2)
save(large, "progressive.jpg", quality=90, subsampling=2, progressive=True)
save(large.convert("L"), "grey.jpg", quality=90)
save(large.convert("CMYK"), "cmyk.jpg", quality=90)
# Orientation 6 says "turn by 90 degrees": neither Pillow nor we do.
exif = Image.Exif()
exif[0x0112] = 6
save(large, "exif-orientation.jpg", quality=90, subsampling=2, exif=exif)

header, data = {}, b""
for name, im in sorted(expected.items()):
    raw = im.tobytes()
    header[name] = {"dtype": "U8", "shape": [im.height, im.width, 3], "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("expected.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)
