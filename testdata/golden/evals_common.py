"""What the parts of make_evals.py share: the backbone, its numbers, and what a label covers."""
import json
import os

import numpy as np
import torch
from PIL import Image

import make
from make import ViT, save, seed_weights

CFG = dict(size=32, patch=8, dim=48, depth=5, heads=3, weights_seed=41)
F64 = torch.float64


def gen(seed):
    return torch.Generator().manual_seed(seed)


def f64(*values):
    return torch.tensor(values, dtype=F64)


def tiny_vit():
    net = ViT(CFG["size"], CFG["patch"], CFG["dim"], CFG["depth"], CFG["heads"])
    seed_weights(net, CFG["weights_seed"])
    for p in net.parameters():
        p.requires_grad_(False)
    save("vit_evals.safetensors", {"weights." + n: p for n, p in net.state_dict().items()}, CFG)
    return net


def normed_blocks(net, x):
    """Every block's tokens after the final norm, first block first."""
    return [net.norm(tokens) for tokens in net(x)[1]]


def sign_fixed(rows):
    """Each row times +-1 so that its entry of largest magnitude is positive."""
    pick = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    return rows * pick.sign()


def grow(m, r):
    """Dilation by the disc dy^2 + dx^2 <= r^2; nothing comes in from outside."""
    out = np.zeros_like(m)
    h, w = m.shape
    for dy in range(-r, r + 1):
        for dx in range(-r, r + 1):
            if dy * dy + dx * dx <= r * r:
                out[max(dy, 0):h + min(dy, 0), max(dx, 0):w + min(dx, 0)] |= m[max(-dy, 0):h + min(-dy, 0), max(-dx, 0):w + min(-dx, 0)]
    return out


def region(truth, got):
    union = (truth | got).sum()
    return (truth & got).sum() / union if union else 1.0


def save_json(name, value):
    """Compares with the stored file, or writes it."""
    path = os.path.join(make.HERE, name)
    text = json.dumps(value, indent=1)
    if make.WRITE:
        with open(path, "w") as f:
            f.write(text)
        return
    with open(path) as f:
        print(f"{name}: " + ("all equal" if f.read() == text else "the stored file holds other values"))


def save_palette_png(name, labels, palette):
    """Compares with the stored palette image, entries and colors, or writes it."""
    path = os.path.join(make.HERE, name)
    made = Image.fromarray(labels)
    made.putpalette(palette)
    if make.WRITE:
        made.save(path)
        return
    with Image.open(path) as stored:
        same = stored.mode == "P" and np.array_equal(np.asarray(stored), labels) and stored.getpalette()[:len(palette)] == palette
    print(f"{name}: " + ("all equal" if same else "the stored file holds other values"))
