#!/usr/bin/python3
"""Makes the files of this folder: small ones that torch.save wrote, in the zip format and in the one before it, and
expected.safetensors, what each of their tensors is as float32.

Run: python3 make.py    (PyTorch 1.13 and NumPy 1.24; README.md says more; no test and no build runs it)
"""
import argparse
import collections
import json
import os
import pathlib
import struct

import numpy as np
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}
expected, types = {}, {}


def walk(value, path):
    """All tensors in value with the keys that lead to them, as dinogpu names them."""
    if isinstance(value, torch.Tensor):
        yield ".".join(path) or "tensor", value.detach()
    elif isinstance(value, argparse.Namespace):
        yield from walk(vars(value), path)
    elif isinstance(value, dict):
        for k, v in value.items():
            yield from walk(v, path + [str(k)])
    elif isinstance(value, (list, tuple)):
        for i, v in enumerate(value):
            yield from walk(v, path + [str(i)])


def save(name, value, **how):
    torch.save(value, os.path.join(HERE, name), **how)
    for key, t in walk(value, []):
        expected[name + " " + key] = t.to(torch.float32).contiguous()
        types[name + " " + key] = NAMES[t.dtype]


def both(name, value):
    save(name + ".pth", value)
    save(name + "-legacy.pth", value, _use_new_zipfile_serialization=False)


def element_types():
    x = torch.tensor([[0.0, 1.0, -2.5], [65504.0, 2.0**-24, -0.0]])
    ints = torch.tensor([0, 1, 100, 2, 127])
    both("types", {"F64": x.double() / 3, "F32": x / 3, "F16": x.half(), "BF16": x.bfloat16(),
                   "I64": ints * 100000, "I32": -ints * 100000, "I16": -ints * 200, "I8": -ints, "U8": 128 + ints,
                   "BOOL": ints > 1})


def views():
    base = torch.arange(60, dtype=torch.float32).view(3, 4, 5) / 7
    both("views", {"base": base, "permuted": base.permute(2, 0, 1), "steps": base[::2, 1:, ::3], "row": base[1, 2],
                   "column": base[:, 3, 4], "expanded": base[0, :, :1].expand(4, 6), "windows": base.view(-1).unfold(0, 8, 3),
                   "overlapping": torch.as_strided(base, (3, 3), (1, 1), 5), "half": base[0].half().t(),
                   "one": base[2, 3, 4], "empty": base[:0], "ones": base[1:2, 2:3].transpose(0, 2),
                   "list": [base[0], (base[1], {3: base[2].t()})]})
    save("tensor.pth", base[1].t())


def network():
    torch.manual_seed(1)
    return nn.Sequential(collections.OrderedDict(conv=nn.Conv2d(3, 4, 2), norm=nn.BatchNorm2d(4), out=nn.Linear(4, 5, bias=False)))


def module():
    net = network()
    net.norm(torch.randn(2, 4, 3, 3))  # so that it counts a batch
    net.conv.to(memory_format=torch.channels_last)
    both("module", net.state_dict())
    save("parameters.pth", {"state": net.state_dict(keep_vars=True), "one": nn.Parameter(torch.ones(2), requires_grad=False)})


def checkpoint():
    net = network()
    optimizer = torch.optim.AdamW([{"params": [net.conv.weight, net.out.weight]}, {"params": [net.conv.bias], "weight_decay": 0.0}])
    net.out(net.conv(torch.randn(2, 3, 2, 2)).flatten(1)).sum().backward()
    optimizer.step()
    state = {"student": {"module." + k: v for k, v in net.state_dict().items()}, "teacher": net.state_dict(),
             "optimizer": optimizer.state_dict(), "epoch": 300,
             "args": argparse.Namespace(arch="vit_small", lr=0.0005, use_fp16=True, data_path=pathlib.Path("/data/ü"), none=None,
                                        local_crops_scale=(0.05, 0.4), names={"a", "b"}, seed=2**70, negative=-(2**40),
                                        device=torch.device("cpu"), size=torch.Size([2, 3]), dtype=torch.float16,
                                        weights=torch.ones(2)),
             "dino_loss": {"center": torch.full((1, 7), 0.1)}, "fp16_scaler": None,
             "best": np.float64(0.25), "count": np.int64(3), "rng": [torch.arange(5, dtype=torch.uint8), np.random.RandomState(1).get_state()[0:1],
                                                                     np.arange(3)],
             "history": collections.defaultdict(list, {"loss": [1.5, 2.5, float("nan")]}), "bytes": b"ab\xff", "frozen": frozenset([1])}
    both("checkpoint", state)
    save("checkpoint-protocol4.pth", state, pickle_protocol=4)


def linear():
    """A checkpoint as the released eval_linear writes it: a classifier behind DistributedDataParallel."""
    torch.manual_seed(2)
    net = nn.ModuleDict({"linear": nn.Linear(8, 3)})
    net["linear"].weight.data.normal_(mean=0.0, std=0.01)
    net["linear"].bias.data.zero_()
    optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, weight_decay=0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 5, eta_min=0)
    nn.functional.cross_entropy(net["linear"](torch.randn(4, 8)), torch.tensor([0, 2, 1, 1])).backward()
    optimizer.step()
    scheduler.step()
    both("linear", {"epoch": 1, "state_dict": {"module." + k: v for k, v in net.state_dict().items()},
                    "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(), "best_acc": 41.5})


def write_expected():
    head, blobs, at = {"__metadata__": types}, [], 0
    for key in sorted(expected):
        t = expected[key]
        raw = t.numpy().tobytes()
        head[key] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
        blobs.append(raw)
    text = json.dumps(head, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, "expected.safetensors"), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


if __name__ == "__main__":
    element_types()
    views()
    module()
    checkpoint()
    linear()
    write_expected()
