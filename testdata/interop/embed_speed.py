#!/usr/bin/python3
"""Images per second of `dinogpu embed` beside PyTorch: ViT-S/16 with random weights at 224, the same images, the same
cores. With the JPEG decode, and without: there images are 224 x 224 pixels in memory, in an idx file.

Run: python3 testdata/interop/embed_speed.py --dinogpu PATH [--images 64] [--device cpu] [--adapter NAME]
Prints JSON, with the largest difference between the features of both.

Needs PyTorch, torchvision, NumPy and Pillow; tried with those of Debian 12 (PyTorch 1.13). The network is that of
../golden/make.py, which agrees with the reference bit for bit.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from PIL import Image
from torchvision import transforms as T

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "golden"))
from make import ViT  # noqa: E402

TO_SIZE = T.Compose([T.Resize(256, T.InterpolationMode.BICUBIC), T.CenterCrop(224)])
NORMALIZE = T.Compose([T.ToTensor(), T.Normalize((.485, .456, .406), (.229, .224, .225))])


def write_weights(net, path):
    """A safetensors file of float32 under the released names."""
    head, blobs, at = {}, [], 0
    for name, t in net.state_dict().items():
        data = t.numpy().astype("<f4").tobytes()
        head[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + len(data)]}
        blobs.append(data)
        at += len(data)
    text = json.dumps(head).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def write_images(folder, n):
    """JPEGs of 500 x 375, smooth with some noise, as photographs compress; and the 224 squares of them as idx."""
    os.mkdir(folder)
    rng, squares = np.random.default_rng(1), []
    for i in range(n):
        small = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize((500, 375), Image.BICUBIC)
        noisy = np.clip(np.asarray(small) + rng.normal(0, 8, (375, 500, 3)), 0, 255).astype(np.uint8)
        path = os.path.join(folder, f"{i:06}.jpg")
        Image.fromarray(noisy).save(path, quality=90)
        squares.append(np.asarray(TO_SIZE(Image.open(path).convert("RGB"))))
    squares = np.stack(squares)
    with open(folder + "-images-idx4-ubyte", "wb") as f:
        f.write(struct.pack(">HBBIIII", 0, 8, 4, *squares.shape) + squares.tobytes())
    return squares


class Files(torch.utils.data.Dataset):
    def __init__(self, folder):
        self.paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        return NORMALIZE(TO_SIZE(Image.open(self.paths[i]).convert("RGB")))


def timed(net, batches, device):
    """The features of batches, and images per second."""
    out, begun = [], time.perf_counter()
    with torch.inference_mode():
        for x in batches:
            out.append(net(x.to(device))[0].cpu())
    out = torch.cat(out)
    return out.numpy(), len(out) / (time.perf_counter() - begun)


def dinogpu(args, images, out, *more):
    command = [args.dinogpu, "embed", images, "--weights", out + ".weights.safetensors", "--out", out + ".npy", "--json", *more]
    if args.adapter:
        command += ["--adapter", args.adapter]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return np.load(out + ".npy"), report


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--dinogpu", required=True)
    a.add_argument("--adapter")
    a.add_argument("--images", type=int, default=64)
    a.add_argument("--batch", type=int, default=32, help="of PyTorch")
    a.add_argument("--device", default="cpu", help="of PyTorch")
    a.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    args = a.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:args.cores])  # of dinogpu too
    torch.set_num_threads(args.cores)
    torch.manual_seed(0)
    net = ViT(224, 16, 384, 12, 6).eval()
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)
        for name in ("files", "memory"):
            write_weights(net, at(name + ".weights.safetensors"))
        squares = write_images(at("jpeg"), args.images)
        net.to(args.device)
        ours, report = dinogpu(args, at("jpeg"), at("files"))
        ours_squares, decoded = dinogpu(args, at("jpeg-images-idx4-ubyte"), at("memory"), "--whole")
        loader = torch.utils.data.DataLoader(Files(at("jpeg")), args.batch, num_workers=args.cores)
        ready = torch.stack([NORMALIZE(Image.fromarray(s)) for s in squares]).split(args.batch)
        timed(net, ready[:1], args.device)  # warm
        theirs, with_decode = timed(net, loader, args.device)
        theirs_squares, without = timed(net, ready, args.device)
    off = lambda a, b: float(np.abs(a - b).max() / np.abs(b).max())
    print(json.dumps({
        "images": args.images, "cores": args.cores, "pytorch": f"{torch.__version__} {args.device}, batch {args.batch}",
        "jpeg_decoded": {"dinogpu": report["images_per_second"], "pytorch": with_decode},
        "jpeg_decode_excluded": {"dinogpu": decoded["device_images_per_second"], "pytorch": without},
        "largest_difference": {"jpeg_decoded": off(ours, theirs), "jpeg_decode_excluded": off(ours_squares, theirs_squares)},
        "dinogpu_reports": [report, decoded],
    }, indent=2))


if __name__ == "__main__":
    main()
