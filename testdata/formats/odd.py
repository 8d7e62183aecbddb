#!/usr/bin/env python3
"""Makes the small images in odd/: files of unusual kinds as cameras, editors and old
programs write them, and damaged ones. What Pillow's convert("RGB") reads from them goes
to odd/expected.safetensors; a file that Pillow refuses has no entry there. Made with
Pillow 13.0.0 and numpy 2.4.6; no test and no build runs it."""

import io
import json
import os
import random
import struct
import zlib

import numpy as np
from PIL import Image

W, H = 32, 24
yy, xx = np.mgrid[0:H, 0:W]
ARR = np.stack([xx * 8, yy * 10, (xx * yy * 4) % 200 + 20], -1).astype(np.uint8)
RGB = Image.fromarray(ARR)
files = {}


def put(name, data):
    assert name not in files
    files[name] = bytes(data)


def save(im, format, **options):
    b = io.BytesIO()
    im.save(b, format, **options)
    return b.getvalue()


# ---------------------------------------------------------------- JPEG


def tables(jpeg):
    """The quantization tables, and the code tables as {symbol: (code, length)}."""
    quant, codes, i = {}, {}, 2
    while jpeg[i + 1] != 0xDA:
        marker, size = jpeg[i + 1], struct.unpack(">H", jpeg[i + 2 : i + 4])[0]
        s = jpeg[i + 4 : i + 2 + size]
        while marker == 0xDB and s:
            quant[s[0] & 15] = np.frombuffer(s[1:65], np.uint8).astype(int)
            s = s[65:]
        while marker == 0xC4 and s:
            counts = list(s[1:17])
            symbols = s[17 : 17 + sum(counts)]
            code = at = 0
            table = {}
            for length, count in enumerate(counts, 1):
                for _ in range(count):
                    table[symbols[at]] = (code, length)
                    code += 1
                    at += 1
                code <<= 1
            codes[s[0]] = (table, s[: 17 + sum(counts)])
            s = s[17 + sum(counts) :]
        i += 2 + size
    return quant, codes


QUANT, CODES = tables(save(RGB, "JPEG", quality=90))
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8 if (i // 8 + i % 8) % 2 else -(i // 8))))
DCT = np.array([[np.sqrt((1 if u == 0 else 2) / 8) * np.cos((2 * x + 1) * u * np.pi / 16) for x in range(8)] for u in range(8)])


class Bits:
    """Bits of a scan, byte stuffing included."""

    def __init__(self):
        self.out, self.held, self.n = bytearray(), 0, 0

    def emit(self, value, n):
        self.held, self.n = (self.held << n) | value, self.n + n
        while self.n >= 8:
            b = (self.held >> (self.n - 8)) & 255
            self.out.append(b)
            if b == 255:
                self.out.append(0)
            self.n -= 8
        self.held &= (1 << self.n) - 1

    def align(self):
        if self.n:
            self.emit((1 << (8 - self.n)) - 1, 8 - self.n)


def segment(marker, content):
    return bytes([255, marker]) + struct.pack(">H", len(content) + 2) + content


def encode(planes, sampling, ids, app=b"", restart=0):
    """A sequential JPEG of any sampling and component names, without subtlety."""
    h, w = planes[0].shape
    wide, high = max(s[0] for s in sampling), max(s[1] for s in sampling)
    across, down = -(-w // (8 * wide)), -(-h // (8 * high))
    samples = []
    for plane, (sh, sv) in zip(planes, sampling):
        ys = np.minimum((np.arange(down * sv * 8) * (high / sv)).astype(int), h - 1)
        xs = np.minimum((np.arange(across * sh * 8) * (wide / sh)).astype(int), w - 1)
        samples.append(plane[np.ix_(ys, xs)].astype(float) - 128)
    bits = Bits()

    def magnitude(v):
        n = int(abs(v)).bit_length()
        return n, (v if v > 0 else v + (1 << n) - 1)

    before = [0] * len(planes)
    for unit in range(across * down):
        if restart and unit and unit % restart == 0:
            bits.align()
            bits.out += bytes([255, 0xD0 + (unit // restart - 1) % 8])
            before = [0] * len(planes)
        my, mx = divmod(unit, across)
        for c, (sh, sv) in enumerate(sampling):
            t = 0 if c in (0, 3) else 1
            for by in range(sv):
                for bx in range(sh):
                    y, x = (my * sv + by) * 8, (mx * sh + bx) * 8
                    f = DCT @ samples[c][y : y + 8, x : x + 8] @ DCT.T
                    z = np.rint(f.ravel()[ZIGZAG] / QUANT[t]).astype(int)
                    n, v = magnitude(int(z[0]) - before[c]) if z[0] != before[c] else (0, 0)
                    before[c] = int(z[0])
                    bits.emit(*CODES[t][0][n])
                    if n:
                        bits.emit(v, n)
                    run, last = 0, max([i for i in range(1, 64) if z[i]], default=0)
                    for i in range(1, last + 1):
                        if z[i] == 0:
                            run += 1
                            continue
                        while run > 15:
                            bits.emit(*CODES[16 + t][0][0xF0])
                            run -= 16
                        n, v = magnitude(int(z[i]))
                        bits.emit(*CODES[16 + t][0][run * 16 + n])
                        bits.emit(v, n)
                        run = 0
                    if last < 63:
                        bits.emit(*CODES[16 + t][0][0])
    bits.align()
    out = b"\xff\xd8" + app
    for t in (0, 1):
        out += segment(0xDB, bytes([t]) + bytes(QUANT[t].astype(np.uint8)))
    frame = struct.pack(">BHHB", 8, h, w, len(planes))
    for c, (name, (sh, sv)) in enumerate(zip(ids, sampling)):
        frame += bytes([name, sh * 16 + sv, 0 if c in (0, 3) else 1])
    out += segment(0xC0, frame)
    for t in (0, 1, 16, 17):
        out += segment(0xC4, CODES[t][1])
    if restart:
        out += segment(0xDD, struct.pack(">H", restart))
    scan = bytes([len(planes)])
    for c, name in enumerate(ids):
        scan += bytes([name, 0 if c in (0, 3) else 0x11])
    return out + segment(0xDA, scan + b"\0\x3f\0") + bytes(bits.out) + b"\xff\xd9"


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")


def adobe(transform):
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


whole = save(RGB, "JPEG", quality=90, subsampling=0)
at = whole.index(b"\xff\xdb")
put("stray-bytes.jpg", whole[:at] + b"\x3f\x3e" + whole[at:])
put("stray-ff00.jpg", whole[:at] + b"\xff\x00\x00\x02" + whole[at:])
put("no-end-marker.jpg", whole[:-2])
put("zeros-before-end.jpg", whole[:-2] + bytes(9) + whole[-2:])

noise = np.random.default_rng(3).integers(0, 255, (12, 16, 3)).astype(np.uint8)
photo = Image.fromarray(noise).resize((96, 72), Image.Resampling.BICUBIC)
for kind, options in {"": {}, "-progressive": {"progressive": True}, "-gray": {"gray": True}}.items():
    im = photo.convert("L") if options.pop("gray", False) else photo
    photo_jpeg = save(im, "JPEG", quality=90, **options)
    put(f"photo{kind}.jpg", photo_jpeg)
photo_jpeg = save(photo, "JPEG", quality=90, subsampling=0)
scan = photo_jpeg.index(b"\xff\xda") + 14
at = scan + (len(photo_jpeg) - scan) // 4
bad = bytearray(photo_jpeg)
bad[at : at + 8] = b"\xfe" * 8
put("damaged-8-bytes.jpg", bad)
bad = bytearray(photo_jpeg)
bad[at : at + 512] = random.Random(1).randbytes(512)
put("damaged-sector.jpg", bad)
bad = bytearray(photo_jpeg)
bad[at : at + 2] = b"\xff\xc4"
put("damaged-stray-marker.jpg", bad)

ycc = [np.asarray(p) for p in RGB.convert("YCbCr").split()]
rgb = [ARR[..., i] for i in range(3)]
cmyk = [255 - a for a in rgb] + [np.full_like(rgb[0], 20)]
ycck = [np.asarray(p) for p in Image.merge("RGB", [Image.fromarray(255 - c) for c in cmyk[:3]]).convert("YCbCr").split()] + [255 - cmyk[3]]
put("440.jpg", encode(ycc, [(1, 2), (1, 1), (1, 1)], (1, 2, 3), JFIF))
put("411.jpg", encode(ycc, [(4, 1), (1, 1), (1, 1)], (1, 2, 3), JFIF))
put("restart.jpg", encode(ycc, [(2, 1), (1, 1), (1, 1)], (1, 2, 3), JFIF, restart=1))
bad = encode(ycc, [(2, 1), (1, 1), (1, 1)], (1, 2, 3), JFIF, restart=1)
put("damaged-restart.jpg", bad.replace(b"\xff\xd1", b"\xff\xd4"))
put("sampling-22-12-12.jpg", encode(ycc, [(2, 2), (1, 2), (1, 2)], (1, 2, 3), JFIF))
put("sampling-11-22-22.jpg", encode(ycc, [(1, 1), (2, 2), (2, 2)], (1, 2, 3), JFIF))
put("sampling-14-11-11.jpg", encode(ycc, [(1, 4), (1, 1), (1, 1)], (1, 2, 3), JFIF))
put("sampling-21-11-21.jpg", encode(ycc, [(2, 1), (1, 1), (2, 1)], (1, 2, 3), JFIF))
put("sampling-31-11-11.jpg", encode(ycc, [(3, 1), (1, 1), (1, 1)], (1, 2, 3), JFIF))
put("rgb-adobe0.jpg", encode(rgb, [(1, 1)] * 3, (1, 2, 3), adobe(0)))
put("rgb-adobe0-subsampled.jpg", encode(rgb, [(2, 2), (1, 1), (1, 1)], (82, 71, 66), adobe(0)))
put("rgb-by-names.jpg", encode(rgb, [(1, 1)] * 3, (82, 71, 66)))
put("ycc-jfif-adobe0.jpg", encode(ycc, [(1, 1)] * 3, (1, 2, 3), JFIF + adobe(0)))
put("ycc-jfif-named-rgb.jpg", encode(ycc, [(1, 1)] * 3, (82, 71, 66), JFIF))
put("ycc-adobe1-named-rgb.jpg", encode(ycc, [(1, 1)] * 3, (82, 71, 66), adobe(1)))
put("cmyk-no-adobe.jpg", encode(cmyk, [(1, 1)] * 4, (1, 2, 3, 4)))
put("cmyk-same-names.jpg", encode(cmyk, [(1, 1)] * 4, (1, 2, 3, 1), adobe(0)))
put("cmyk-22-11-11-11.jpg", encode(cmyk, [(2, 2), (1, 1), (1, 1), (1, 1)], (1, 2, 3, 4), adobe(0)))
put("ycck.jpg", encode(ycck, [(1, 1)] * 4, (1, 2, 3, 4), adobe(2)))
put("ycck-22-11-11-22.jpg", encode(ycck, [(2, 2), (1, 1), (1, 1), (2, 2)], (1, 2, 3, 4), adobe(2)))
late = bytearray(encode(ycc, [(1, 1)] * 3, (1, 2, 3), JFIF))
at = late.index(b"\xff\xc0")
late[at + 5 : at + 7] = b"\0\0"
put("height-after-scan.jpg", bytes(late[:-2]) + segment(0xDC, struct.pack(">H", H)) + b"\xff\xd9")

# ---------------------------------------------------------------- WebP

turned = RGB.rotate(90).resize((W, H))
put("animated.webp", save(RGB, "WEBP", save_all=True, append_images=[turned], duration=100))
put("animated-lossless.webp", save(RGB, "WEBP", lossless=True, save_all=True, append_images=[turned], duration=100))
rgba = np.dstack([ARR, (xx * 7 + 30).astype(np.uint8)])
put("animated-alpha.webp", save(Image.fromarray(rgba), "WEBP", exact=True, save_all=True, append_images=[turned], duration=100))
still = save(RGB, "WEBP", lossless=True)
assert still[12:16] == b"VP8L"
corner = b"ANMF" + struct.pack("<I", 16 + len(still) - 12) + struct.pack("<HBHBHBHBHBB", 2, 0, 3, 0, W - 1, 0, H - 1, 0, 100, 0, 2) + still[12:]
canvas = b"VP8X\x0a\0\0\0" + bytes([2, 0, 0, 0]) + struct.pack("<HBHB", W + 9, 0, H + 9, 0)
body = b"WEBP" + canvas + b"ANIM\6\0\0\0\0\0\0\0\0\0" + corner + (b"\0" if len(corner) & 1 else b"")
put("animated-corner.webp", b"RIFF" + struct.pack("<I", len(body)) + body)

# ---------------------------------------------------------------- GIF


def gif(w, h, body, palette=True):
    head = b"GIF89a" + struct.pack("<HHBBB", w, h, 0xF0 + 1 if palette else 0x70, 0, 0)
    return head + (bytes([10, 20, 30, 200, 0, 0, 0, 200, 0, 0, 0, 200]) if palette else b"") + body + b";"


def frame(x, y, w, h, pixels, bits=2, flags=0):
    """One without compression: a clear code before every two pixels keeps codes short."""
    codes = []
    for i, p in enumerate(pixels):
        if i % 2 == 0:
            codes.append(1 << bits)
        codes.append(p)
    codes.append((1 << bits) + 1)
    held = n = 0
    out = bytearray()
    for code in codes:
        held |= code << n
        n += bits + 1
        while n >= 8:
            out.append(held & 255)
            held >>= 8
            n -= 8
    if n:
        out.append(held)
    blocks = b"".join(bytes([len(out[i : i + 255])]) + bytes(out[i : i + 255]) for i in range(0, len(out), 255))
    return b"," + struct.pack("<HHHHB", x, y, w, h, flags) + bytes([bits]) + blocks + b"\0"


some = [(i % 3) + 1 for i in range(16)]
put("frame-smaller.gif", gif(8, 8, frame(2, 3, 4, 4, some)))
put("frame-smaller-transparent.gif", gif(8, 8, b"!\xf9\4\1\0\0\3\0" + frame(2, 3, 4, 4, some)))
put("frame-sticks-out.gif", gif(8, 8, frame(6, 6, 4, 4, some)))
put("frame-interlaced.gif", gif(4, 4, frame(0, 0, 4, 4, [i % 4 for i in (0, 1, 2, 3) * 2 + (3, 2, 1, 0) * 2], flags=0x40)))
put("no-palette.gif", gif(4, 4, frame(0, 0, 4, 4, some), palette=False))
put("index-beyond-palette.gif", gif(4, 4, frame(0, 0, 4, 4, [7] + some[1:], bits=3)))
put("extra-pixels.gif", gif(4, 4, frame(0, 0, 4, 4, some + [1] * 9)))
put("no-trailer.gif", gif(4, 4, frame(0, 0, 4, 4, some))[:-1])
put("codes-of-1-bit.gif", gif(4, 4, frame(0, 0, 4, 4, [i & 1 for i in range(16)], bits=1)))
put("missing-pixels.gif", gif(4, 4, frame(0, 0, 4, 4, some[:7])))
put("unknown-extension.gif", gif(4, 4, b"!\x2a\3abc\0" + frame(0, 0, 4, 4, some)))

# ---------------------------------------------------------------- PNG


def chunk(name, body, crc=None):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body) if crc is None else crc)


END = chunk(b"IEND", b"")


def png(w, h, depth, kind, rows, before=b"", end=END, crc=None, packed=None):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", zlib.compress(rows) if packed is None else packed, crc) + end


rows = b"".join(b"\0" + ARR[y].tobytes() for y in range(H))
packed = zlib.compress(rows)
put("no-end.png", png(W, H, 8, 2, rows, end=b""))
put("bad-pixel-crc.png", png(W, H, 8, 2, rows, crc=1))
put("bad-text-crc.png", png(W, H, 8, 2, rows, before=chunk(b"tEXt", b"a\0b", 1)))
put("bad-crc-after-pixels.png", png(W, H, 8, 2, rows, end=chunk(b"tEXt", b"a\0b", 1) + END))
put("cut-in-text.png", png(W, H, 8, 2, rows, end=chunk(b"tEXt", b"a\0" + b"b" * 100)[:50]))
put("cut-in-pixels.png", png(W, H, 8, 2, rows)[: -len(END) - 20])
put("text-between-pixels.png", png(W, H, 8, 2, rows, packed=packed[:90], end=chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", packed[90:]) + END))
put("palette-after-pixels.png", png(W, H, 8, 2, rows, end=chunk(b"PLTE", b"\0" * 6) + END))
put("transparency-before-palette.png", png(2, 1, 8, 3, b"\0\0\1", before=chunk(b"tRNS", b"\0") + chunk(b"PLTE", b"\xff\0\0\0\xff\0")))
put("transparency-in-rgba.png", png(1, 1, 8, 6, b"\0\1\2\3\4", before=chunk(b"tRNS", b"\0" * 6)))
put("palette-in-gray.png", png(2, 1, 8, 0, b"\0\1\2", before=chunk(b"PLTE", b"\0" * 6)))
put("bad-pixel-sum.png", png(W, H, 8, 2, rows, packed=packed[:-4] + b"\0\0\0\0"))
put("huge-row.png", png(178_000_000, 1, 16, 6, b"\0" * 100))

# ---------------------------------------------------------------- BMP


def bmp(w, h, depth, pixels, packing=0, palette=b"", head=40, masks=b"", extra=b""):
    offset = 14 + head + len(masks) + len(palette)
    if head == 12:
        header = struct.pack("<HHHH", w, h, 1, depth)
    else:
        header = struct.pack("<iiHHIIiiII", w, h, 1, depth, packing, len(pixels), 2835, 2835, len(palette) // 4, 0) + extra.ljust(head - 40, b"\0")
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + struct.pack("<I", head) + header + masks + palette + pixels


flip = ARR[::-1]
gray3 = b"".join(bytes([i, i, i]) for i in range(256))
gray4 = b"".join(bytes([i, i, i, 0]) for i in range(256))
color4 = b"".join(bytes([i, 255 - i, i // 2, 0]) for i in range(256))
bgr = flip[..., ::-1].tobytes()
bgrx = np.dstack([flip[..., ::-1], np.zeros((H, W), np.uint8)]).tobytes()
bgra = np.dstack([flip[..., ::-1], np.full((H, W), 255, np.uint8)]).tobytes()
index = flip[..., 0].tobytes()
rgb888 = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
put("32-fields.bmp", bmp(W, H, 32, bgrx, 3, masks=rgb888))
put("32-fields-v5.bmp", bmp(W, H, 32, bgra, 3, head=124, extra=rgb888 + struct.pack("<I", 0xFF000000) + b"BGRs"))
wide = flip.astype(int)
v555 = (wide[..., 0] >> 3) << 10 | (wide[..., 1] >> 3) << 5 | wide[..., 2] >> 3
v565 = (wide[..., 0] >> 3) << 11 | (wide[..., 1] >> 2) << 5 | wide[..., 2] >> 3
put("16-555.bmp", bmp(W, H, 16, v555.astype("<u2").tobytes()))
put("16-565.bmp", bmp(W, H, 16, v565.astype("<u2").tobytes(), 3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
rle = b"".join(b"".join(bytes([1, int(p)]) for p in row) + b"\0\0" for row in flip[..., 0]) + b"\0\1"
put("rle8.bmp", bmp(W, H, 8, rle, 1, palette=color4))
rle = b"".join(b"\0" + bytes([31]) + bytes(row[:31]) + b"\0" + bytes([9, 200]) + b"\0\0" for row in flip[..., 0]) + b"\0\1"
put("rle8-pixels.bmp", bmp(W, H, 8, rle, 1, palette=color4))
put("rle8-ends-early.bmp", bmp(W, H, 8, rle[: 5 * 38] + b"\0\1", 1, palette=color4))
rle = b"\5\7\0\2\3\1" + b"\x20\3\0\0" * H
put("rle8-step.bmp", bmp(W, H, 8, rle, 1, palette=color4))
rle = b"".join(b"".join(bytes([2, int(p)]) for p in row[::2]) + b"\0\0" for row in flip[..., 0]) + b"\0\1"
put("rle4.bmp", bmp(W, H, 4, rle, 2, palette=b"".join(bytes([i * 17, 0, i * 3, 0]) for i in range(16))))
put("os2-8.bmp", bmp(W, H, 8, index, head=12, palette=gray3))
put("os2-24.bmp", bmp(W, H, 24, bgr, head=12))
put("os2v2-8.bmp", bmp(W, H, 8, index, head=64, palette=color4))
put("24-palette.bmp", bmp(W, H, 24, bgr, palette=gray4))
put("index-beyond-gray.bmp", bmp(W, H, 8, index, palette=gray4[:400]))
put("index-beyond-palette.bmp", bmp(W, H, 8, index, palette=color4[:400]))
gap = bmp(W, H, 8, index, palette=color4)
put("gap-before-pixels.bmp", gap[:10] + struct.pack("<I", struct.unpack("<I", gap[10:14])[0] + 100) + gap[14 : 14 + 40 + 1024] + bytes(100) + index)
put("pixels-at-palette.bmp", gap[:10] + struct.pack("<I", 54) + gap[14:])
put("cut.bmp", bmp(W, H, 24, bgr)[:-3])
put("32.bmp", bmp(W, H, 32, bgrx))
put("32-v4.bmp", bmp(W, H, 32, bgrx, head=108))
put("24-v5.bmp", bmp(W, H, 24, bgr, head=124))
put("top-down.bmp", bmp(W, -H, 24, bgr))
put("png-inside.bmp", bmp(W, H, 24, png(W, H, 8, 2, rows), 5))

# ---------------------------------------------------------------- TIFF


def tif(tags, data, order="<", sort=True):
    """tags: {number: (type, [values])}. The pixels come first, the directory after them."""
    kinds = {1: "B", 3: "H", 4: "I"}
    body = data + (b"\0" if len(data) & 1 else b"")
    begin = 8 + len(body)
    after = begin + 2 + 12 * len(tags) + 4
    entries, tail = [], b""
    for tag in sorted(tags) if sort else reversed(sorted(tags)):
        kind, values = tags[tag]
        b = struct.pack(order + kinds[kind] * len(values), *values)
        if len(b) > 4:
            place = after + len(tail)
            tail += b + (b"\0" if len(b) & 1 else b"")
            b = struct.pack(order + "I", place)
        entries.append(struct.pack(order + "HHI", tag, kind, len(values)) + b.ljust(4, b"\0"))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", begin)
    return head + body + struct.pack(order + "H", len(entries)) + b"".join(entries) + b"\0" * 4 + tail


def tags(bits, meaning, n, packing=1, **more):
    t = {256: (4, [W]), 257: (4, [H]), 258: (3, bits), 259: (3, [packing]), 262: (3, [meaning]), 273: (4, [8]), 277: (3, [len(bits)]), 278: (4, [H]), 279: (4, [n])}
    t.update({int(k[1:]): v for k, v in more.items()})
    return t


raw = ARR.tobytes()
gray = ARR[..., 0]
put("cmyk.tif", save(RGB.convert("CMYK"), "TIFF"))
put("cmyk-deflate-differences.tif", save(RGB.convert("CMYK"), "TIFF", compression="tiff_adobe_deflate", tiffinfo={317: 2}))
put("jpeg-inside.tif", save(RGB, "TIFF", compression="jpeg"))
put("jpeg-inside-rgba.tif", save(Image.fromarray(rgba), "TIFF", compression="jpeg"))
put("jpeg-inside-gray.tif", save(RGB.convert("L"), "TIFF", compression="jpeg"))
put("lab.tif", tif(tags([8] * 3, 8, len(raw)), raw))
put("float32.tif", save(Image.fromarray(gray.astype(np.float32)), "TIFF"))
put("int32.tif", save(Image.fromarray(gray.astype(np.int32)), "TIFF"))
put("int16.tif", tif(tags([16], 1, W * H * 2, t339=(3, [2])), gray.astype("<i2").tobytes()))
put("gray-4-bit.tif", tif(tags([4], 1, W * H // 2), bytes((int(a) & 0xF0) | (int(b) >> 4) for a, b in zip(gray.ravel()[::2], gray.ravel()[1::2]))))
put("gray-2-bit.tif", tif(tags([2], 1, W * H // 4), bytes(i % 256 for i in range(W * H // 4))))
put("gray-inverse.tif", tif(tags([8], 0, W * H), gray.tobytes()))
put("palette-4-bit.tif", save(RGB.quantize(16, dither=Image.Dither.NONE), "TIFF"))
deep = ARR.astype(np.uint16) * 257
put("rgb-16-big-endian.tif", tif(tags([16] * 3, 2, 2 * len(raw)), deep.astype(">u2").tobytes(), order=">"))
put("bigtiff.tif", save(RGB, "TIFF", big_tiff=True))
planes = ARR.transpose(2, 0, 1)
put("planes.tif", tif(tags([8] * 3, 2, 0, t284=(3, [2]), t273=(4, [8, 8 + W * H, 8 + 2 * W * H]), t279=(4, [W * H] * 3)), planes.tobytes()))
long = [zlib.compress(p.tobytes() * 3) for p in planes]
at = [8, 8 + len(long[0]), 8 + len(long[0]) + len(long[1])]
put("planes-long-strips.tif", tif(tags([8] * 3, 2, 0, 8, t284=(3, [2]), t273=(4, at), t279=(4, [len(a) for a in long])), b"".join(long)))
for bits, dtype in ((8, np.uint8), (16, "<u2")):
    tiles = []
    for p in planes if bits == 8 else deep.transpose(2, 0, 1):
        tile = np.zeros((256, 128), dtype)
        tile[:H, :W] = p
        tiles.append(zlib.compress(tile.tobytes()))
    at = [8, 8 + len(tiles[0]), 8 + len(tiles[0]) + len(tiles[1])]
    t = tags([bits] * 3, 2, 0, 8, t284=(3, [2]), t322=(4, [128]), t323=(4, [256]), t324=(4, at), t325=(4, [len(a) for a in tiles]))
    put(f"planes-tiles-{bits}.tif", tif({k: v for k, v in t.items() if k not in (273, 278, 279)}, b"".join(tiles)))
small = []
for ty in range(0, H, 16):
    for tx in range(0, W, 16):
        tile = np.zeros((16, 16, 3), np.uint8)
        part = ARR[ty : ty + 16, tx : tx + 16]
        tile[: part.shape[0], : part.shape[1]] = part
        before = np.concatenate([np.zeros((16, 1, 3), np.uint8), tile[:, :-1]], 1)
        small.append(zlib.compress((tile - before).tobytes()))
at = [8 + sum(len(a) for a in small[:i]) for i in range(len(small))]
t = tags([8] * 3, 2, 0, 8, t317=(3, [2]), t322=(4, [16]), t323=(4, [16]), t324=(4, at), t325=(4, [len(a) for a in small]))
put("tiles-differences.tif", tif({k: v for k, v in t.items() if k not in (273, 278, 279)}, b"".join(small)))
put("unsorted-tags.tif", tif(tags([8] * 3, 2, len(raw)), raw, sort=False))
for orientation in range(2, 9):
    # Not gray: Pillow maps that into memory and loses its way from 5 on.
    put(f"orientation-{orientation}.tif", tif(tags([8] * 3, 2, len(raw), t274=(3, [orientation])), raw))
black = RGB.convert("L").point(lambda v: 255 * (v > 90)).convert("1")
put("g4.tif", save(black, "TIFF", compression="group4"))
put("g4-black-is-zero.tif", save(black, "TIFF", compression="group4", tiffinfo={262: 1}))
put("g4-white-is-zero.tif", save(black, "TIFF", compression="group4", tiffinfo={262: 0}))
put("g4-palette.tif", save(black, "TIFF", compression="group4", tiffinfo={262: 3, 320: (0, 65535, 32768, 0, 65535, 256)}))
put("g3.tif", save(black, "TIFF", compression="group3"))
put("ccitt-runs.tif", save(black, "TIFF", compression="tiff_ccitt"))
multiplied = rgba.copy()
multiplied[..., :3] = rgba[..., :3].astype(int) * rgba[..., 3:] // 255
put("alpha-multiplied.tif", tif(tags([8] * 4, 2, W * H * 4, t338=(3, [1])), multiplied.tobytes()))
wild = multiplied.copy()
wild[..., 3] = xx % 4
put("alpha-below-color.tif", tif(tags([8] * 4, 2, W * H * 4, t338=(3, [1])), wild.tobytes()))
put("alpha-multiplied-16.tif", tif(tags([16] * 4, 2, W * H * 8, t338=(3, [1])), (multiplied.astype("<u2") * 257).tobytes()))
put("sample-unnamed.tif", tif(tags([8] * 4, 2, W * H * 4, t338=(3, [0])), rgba.tobytes()))
put("samples-5.tif", tif(tags([8] * 5, 2, W * H * 5, t338=(3, [0, 0])), np.dstack([rgba, rgba[..., :1]]).tobytes()))
put("gray-alpha.tif", save(RGB.convert("LA"), "TIFF"))
put("ycbcr.tif", tif(tags([8] * 3, 6, W * H * 3, t530=(3, [1, 1])), np.stack(ycc, -1).tobytes()))
put("ycbcr-coarse.tif", tif(tags([8] * 3, 6, W * H * 3, t530=(3, [2, 2])), np.stack(ycc, -1).tobytes()))
put("zstd.tif", save(RGB, "TIFF", compression="zstd"))
put("lzma.tif", save(RGB, "TIFF", compression="lzma"))
put("no-strip-sizes.tif", tif({k: v for k, v in tags([8] * 3, 2, len(raw)).items() if k != 279}, raw))
put("no-meaning.tif", tif({k: v for k, v in tags([8] * 3, 2, len(raw)).items() if k != 262}, raw))
put("bits-reversed.tif", tif(tags([1], 1, W * H // 8, t266=(3, [2])), bytes(i * 37 % 256 for i in range(W * H // 8))))
put("cut.tif", tif(tags([8] * 3, 2, len(raw)), raw[: len(raw) // 2]))

# ---------------------------------------------------------------- what Pillow reads

os.makedirs("odd", exist_ok=True)
for old in os.listdir("odd"):
    os.remove("odd/" + old)
header, pixels = {}, b""
for name, content in sorted(files.items()):
    with open("odd/" + name, "wb") as f:
        f.write(content)
    try:
        im = Image.open("odd/" + name)
        if im.width * im.height > 1e6:
            raise ValueError("it is not asked about something so large")
        im = im.convert("RGB")
    except Exception as e:
        print(f"Pillow refuses {name}: {e}")
        continue
    raw = im.tobytes()
    header[name] = {"dtype": "U8", "shape": [im.height, im.width, 3], "data_offsets": [len(pixels), len(pixels) + len(raw)]}
    pixels += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("odd/expected.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + pixels)
