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

# ---------------------------------------------------------------- what Pillow reads

os.makedirs("odd", exist_ok=True)
for old in os.listdir("odd"):
    os.remove("odd/" + old)
header, pixels = {}, b""
for name, content in sorted(files.items()):
    with open("odd/" + name, "wb") as f:
        f.write(content)
    try:
        im = Image.open("odd/" + name).convert("RGB")
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
