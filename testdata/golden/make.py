#!/usr/bin/python3
"""Makes the golden numbers in this folder: a small DINO in plain PyTorch, written from the paper (arXiv 2104.14294),
run on fixed seeds in float32 (float64 where README.md says so). Each image step comes from Pillow and torchvision.

Run: python3 make.py            says how far the stored files are from those that it makes, and changes none
     python3 make.py --write    makes the stored files anew

Needs PyTorch, torchvision, NumPy and Pillow; README.md names the versions. No test and no build runs it.
"""
import argparse
import json
import math
import os
import struct
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image, ImageFilter, ImageOps
from torchvision.transforms import functional as TF

HERE = os.path.dirname(os.path.abspath(__file__))
WRITE = "--write" in sys.argv[1:]
DTYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "U8": torch.uint8}


def load(path):
    """The tensors and metadata of a .safetensors file."""
    with open(path, "rb") as f:
        data = f.read()
    size = 8 + struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:size])
    meta = head.pop("__metadata__", {})
    tensors = {}
    for name, entry in head.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(bytearray(data[size + begin:size + end]), dtype=DTYPES[entry["dtype"]])
        tensors[name] = flat.view(entry["shape"])
    return tensors, meta


def apart(made, stored, name):
    """The largest difference over the largest entry of stored."""
    a, b = made.double(), stored.double()
    if name.endswith("qkv.bias"):  # a third of it, the keys', has a gradient of nothing but rounding: see README.md
        a, b = (x.view(3, -1)[::2] for x in (a, b))
    return ((a - b).abs().nan_to_num(math.inf).max() / b.abs().max().clamp_min(1e-30)).item()


def save(name, tensors, meta=None, measured=()):
    """Compares with the stored .safetensors file, or writes it: little endian, C order, tensors by name.

    Entries of meta that are measured, by rounding another on each kind of CPU, are not compared."""
    tensors = {k: torch.as_tensor(tensors[k]).detach().contiguous() for k in sorted(tensors)}
    meta = {k: str(v) for k, v in (meta or {}).items()}
    path = os.path.join(HERE, name)
    if not WRITE:
        stored, stored_meta = load(path)
        shapes = lambda them: {k: (t.dtype, t.shape) for k, t in them.items()}
        settings = lambda entries: {k: v for k, v in entries.items() if k not in measured}
        if shapes(stored) != shapes(tensors) or settings(stored_meta) != settings(meta):
            sys.exit(f"{name}: the stored file holds other tensors or other settings")
        worst, where = max((apart(t, stored[k], k), k) for k, t in tensors.items())
        print(f"{name}: {len(tensors)} tensors, " + (f"off by at most {worst:.1e} ({where})" if worst else "all equal"))
        return
    kinds = {dtype: kind for kind, dtype in DTYPES.items()}
    head, at = {"__metadata__": meta} if meta else {}, 0
    for key, t in tensors.items():
        size = t.numel() * t.element_size()
        head[key] = {"dtype": kinds[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(t.numpy().tobytes() for t in tensors.values()))
    print(f"{name}: {len(tensors)} tensors, {at} bytes")


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (d // self.heads) ** -0.5).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, d)), weights


class Mlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads, ratio):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, dim * ratio)

    def forward(self, x):
        y, weights = self.attn(self.norm1(x))
        x = x + y
        return x + self.mlp(self.norm2(x)), weights


class PatchEmbed(nn.Module):
    def __init__(self, patch, dim):
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, patch)


class ViT(nn.Module):
    """Vision transformer; forward gives the CLS feature, every block's output, the last attention."""

    def __init__(self, size, patch, dim, depth, heads, ratio=4):
        super().__init__()
        self.patch = patch
        self.patch_embed = PatchEmbed(patch, dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, (size // patch) ** 2 + 1, dim))
        self.blocks = nn.ModuleList(Block(dim, heads, ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)

    def positions(self, h, w):
        cls, grid = self.pos_embed[:, :1], self.pos_embed[:, 1:]
        side = math.isqrt(grid.shape[1])
        if (h, w) == (side, side):
            return self.pos_embed
        grid = grid.view(1, side, side, -1).permute(0, 3, 1, 2)
        # the reference passes a scale with 0.1 added, and that scale maps the coordinates
        grid = F.interpolate(grid, scale_factor=((h + 0.1) / side, (w + 0.1) / side), mode="bicubic",
                             align_corners=False, recompute_scale_factor=False)
        assert grid.shape[-2:] == (h, w)
        return torch.cat([cls, grid.flatten(2).transpose(1, 2)], 1)

    def forward(self, x):
        h, w = x.shape[2] // self.patch, x.shape[3] // self.patch
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.positions(h, w)
        outs = []
        for block in self.blocks:
            x, weights = block(x)
            outs.append(x)
        return self.norm(x)[:, 0], outs, weights


class LastLayer(nn.Module):
    """Weight-normalised linear without bias: w_k = g_k v_k / |v_k|."""

    def __init__(self, dim, k, frozen):
        super().__init__()
        self.weight_g = nn.Parameter(torch.ones(k, 1), requires_grad=not frozen)
        self.weight_v = nn.Parameter(torch.empty(k, dim).uniform_(-dim ** -0.5, dim ** -0.5))

    def forward(self, x):
        return x @ (self.weight_g * self.weight_v / self.weight_v.norm(dim=1, keepdim=True)).t()


class Head(nn.Module):
    def __init__(self, dim, hidden, bottleneck, k, frozen):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(),
                                 nn.Linear(hidden, bottleneck))
        self.last_layer = LastLayer(bottleneck, k, frozen)

    def forward(self, x):
        return self.last_layer(F.normalize(self.mlp(x), dim=-1, p=2))


class Net(nn.Module):
    def __init__(self, cfg, frozen):
        super().__init__()
        self.backbone = ViT(cfg["size"], cfg["patch"], cfg["dim"], cfg["depth"], cfg["heads"])
        self.head = Head(cfg["dim"], cfg["hidden"], cfg["bottleneck"], cfg["k"], frozen)

    def forward(self, crops):
        """crops: list of [B,3,h,w], equal sizes side by side. Gives features and logits, crop-major."""
        feats, i = [], 0
        while i < len(crops):
            j = i
            while j < len(crops) and crops[j].shape == crops[i].shape:
                j += 1
            feats.append(self.backbone(torch.cat(crops[i:j]))[0])
            i = j
        feats = torch.cat(feats)
        return feats, self.head(feats)


def seed_weights(net, seed):
    """Larger weights than a real start, so that every path carries signal."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in net.named_parameters():
            if name.endswith("weight_g"):
                p.fill_(1.0)
            elif "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.1 * torch.randn(p.shape, generator=g))
            elif p.dim() == 1:
                p.copy_(0.05 * torch.randn(p.shape, generator=g))
            else:
                p.copy_(0.12 * torch.randn(p.shape, generator=g))


def cosine(base, final, epochs, per_epoch, warmup=0, start=0.0):
    total, warm = epochs * per_epoch, warmup * per_epoch
    head = np.linspace(start, base, warm) if warm else np.array([])
    n = total - warm
    tail = final + 0.5 * (base - final) * (1 + np.cos(np.pi * np.arange(n) / n))
    return np.concatenate([head, tail])


def dino_loss(student, teacher, center, views, tau_s, tau_t):
    """Mean over pairs (i teacher view, v student view, v != i) of the cross entropy; also entropy and KL."""
    q = F.softmax((teacher - center) / tau_t, -1).detach().chunk(2)
    logp = [F.log_softmax(s / tau_s, -1) for s in student.chunk(views)]
    terms = [-(q[i] * logp[v]).sum(-1).mean() for i in range(2) for v in range(views) if v != i]
    loss = sum(terms) / len(terms)
    entropy = torch.stack([-(x * x.clamp_min(1e-38).log()).sum(-1).mean() for x in q]).mean()
    return loss, entropy, loss - entropy


class Lars(torch.optim.Optimizer):
    """Momentum SGD whose matrices get wd and the trust ratio eta |p| / |d|; 1-D tensors get neither."""

    def __init__(self, groups, momentum=0.9, eta=0.001):
        super().__init__(groups, dict(lr=0.0, weight_decay=0.0))
        self.momentum, self.eta = momentum, eta

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                d = p.grad
                if p.dim() != 1:
                    d = d + group["weight_decay"] * p
                    norms = p.norm().item(), d.norm().item()
                    d = d * (self.eta * norms[0] / norms[1] if min(norms) > 0 else 1.0)
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                m.mul_(self.momentum).add_(d)
                p.sub_(group["lr"] * m)


def run_steps(name, cfg, frozen, clip, optimizer, steps, freeze_epochs=1):
    per_epoch, epochs = cfg["per_epoch"], cfg["epochs"]
    student, teacher = Net(cfg, frozen), Net(cfg, frozen)
    seed_weights(student, 11)
    teacher.load_state_dict(student.state_dict())
    g = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for p in teacher.parameters():  # a teacher that differs from the student from the start
            if p.dim() > 1 and p.shape[-1] > 1:
                p.add_(0.02 * torch.randn(p.shape, generator=g))
    center = 0.1 * torch.randn(1, cfg["k"], generator=g)
    decayed = [p for n, p in student.named_parameters() if p.requires_grad and not (n.endswith(".bias") or p.dim() == 1)]
    plain = [p for n, p in student.named_parameters() if p.requires_grad and (n.endswith(".bias") or p.dim() == 1)]
    groups = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
    if optimizer == "adamw":
        opt = torch.optim.AdamW(groups)
    elif optimizer == "lars":
        opt = Lars(groups)
    else:
        opt = torch.optim.SGD(groups, lr=0, momentum=0.9)
    lr = cosine(cfg["lr"], cfg["min_lr"], epochs, per_epoch, cfg["warmup"])
    wd = cosine(cfg["wd"], cfg["wd_end"], epochs, per_epoch)
    mom = cosine(cfg["momentum"], 1, epochs, per_epoch)
    tau_t = np.concatenate([np.linspace(0.04, 0.07, 3), np.full(epochs - 3, 0.07)])
    views = 2 + cfg["locals"]
    out = {"center.init": center}
    out.update({"student.init." + n: p for n, p in student.state_dict().items()})
    out.update({"teacher.init." + n: p for n, p in teacher.state_dict().items()})
    out = {k: v.clone() for k, v in out.items()}
    log = {k: [] for k in ("loss", "entropy", "kl", "lr", "wd", "momentum", "tau_t")}
    for it in range(steps):
        epoch = it // per_epoch
        for i, group in enumerate(opt.param_groups):
            group["lr"] = float(lr[it])
            if i == 0:
                group["weight_decay"] = float(wd[it])
        gi = torch.Generator().manual_seed(100 + it)
        crops = [torch.randn(cfg["batch"], 3, cfg["size"], cfg["size"], generator=gi) for _ in range(2)]
        crops += [torch.randn(cfg["batch"], 3, cfg["local"], cfg["local"], generator=gi) for _ in range(cfg["locals"])]
        with torch.no_grad():
            tfeat, tlogits = teacher(crops[:2])
        sfeat, slogits = student(crops)
        slogits.retain_grad()
        loss, entropy, kl = dino_loss(slogits, tlogits, center, views, 0.1, float(tau_t[epoch]))
        new_center = 0.9 * center + 0.1 * tlogits.mean(0, keepdim=True)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        if it == 0:
            for v, c in enumerate(crops):
                out[f"step0.crop.{v}"] = c
            out.update({"step0.student.features": sfeat, "step0.student.logits": slogits,
                        "step0.teacher.features": tfeat, "step0.teacher.logits": tlogits,
                        "step0.center.after": new_center, "step0.grad.logits": slogits.grad.clone()})
            out.update({"step0.grad." + n: p.grad.clone() for n, p in student.named_parameters() if p.grad is not None})
        center = new_center
        if clip:
            for p in student.parameters():
                if p.grad is not None:
                    p.grad.mul_(min(1.0, clip / (p.grad.norm().item() + 1e-6)))
        if epoch < freeze_epochs:
            for n, p in student.named_parameters():
                if "last_layer" in n:
                    p.grad = None
        opt.step()
        with torch.no_grad():
            m = float(mom[it])
            for ps, pt in zip(student.parameters(), teacher.parameters()):
                pt.mul_(m).add_(ps, alpha=1 - m)
        for key, val in (("loss", loss.item()), ("entropy", entropy.item()), ("kl", kl.item()), ("lr", lr[it]),
                         ("wd", wd[it]), ("momentum", mom[it]), ("tau_t", tau_t[epoch])):
            log[key].append(val)
        if it in (0, steps - 1):
            tag = f"after{it + 1}."
            out.update({tag + "student." + n: p.clone() for n, p in student.state_dict().items()})
            out.update({tag + "teacher." + n: p.clone() for n, p in teacher.state_dict().items()})
            out[tag + "center"] = center.clone()
    out.update({"log." + k: torch.tensor(v, dtype=torch.float64) for k, v in log.items()})
    save(name, out, dict(cfg, norm_last_layer=frozen, clip=clip, optimizer=optimizer, freeze_epochs=freeze_epochs,
                         steps=steps, seed_of_step_n="100+n: crops are torch.randn from a generator with this seed"))
    # later steps' inputs too: a reader without torch cannot redraw them
    later = {}
    for it in range(1, steps):
        gi = torch.Generator().manual_seed(100 + it)
        crops = [torch.randn(cfg["batch"], 3, cfg["size"], cfg["size"], generator=gi) for _ in range(2)]
        crops += [torch.randn(cfg["batch"], 3, cfg["local"], cfg["local"], generator=gi) for _ in range(cfg["locals"])]
        later.update({f"step{it}.crop.{v}": c for v, c in enumerate(crops)})
    return later


def vit_goldens(cfg):
    """Backbone alone at odd sizes: interpolated positions, block outputs, last attention."""
    net = ViT(cfg["size"], cfg["patch"], cfg["dim"], cfg["depth"], cfg["heads"])
    seed_weights(net, 23)
    out = {"weights." + n: p for n, p in net.state_dict().items()}
    g = torch.Generator().manual_seed(3)
    for h, w in ((32, 32), (16, 16), (40, 24), (65, 35), (8, 8), (96, 96)):
        x = torch.randn(2, 3, h, w, generator=g)
        with torch.no_grad():
            feat, outs, att = net(x)
            tag = f"{h}x{w}."
            out.update({tag + "input": x, tag + "feature": feat, tag + "attention": att,
                        tag + "positions": net.positions(h // cfg["patch"], w // cfg["patch"]).clone()})
            out[tag + "normed_last2"] = torch.stack([net.norm(o) for o in outs[-2:]])
    save("vit.safetensors", out, cfg)
    return net


def pth_files(net, cfg):
    """Files by torch.save in the two layouts that the reference leaves: a flat backbone, and a full checkpoint."""
    full = Net(cfg, False)
    seed_weights(full, 31)
    student = {"module." + n: p for n, p in full.state_dict().items()}
    seed_weights(full, 37)  # in place: student and teacher share memory
    teacher = dict(full.state_dict())
    params = list(full.parameters())
    opt = torch.optim.AdamW([{"params": params[:4]}, {"params": params[4:], "weight_decay": 0.0}])
    args = argparse.Namespace(arch="vit_small", patch_size=cfg["patch"], out_dim=cfg["k"])
    files = {"backbone.pth": net.state_dict(), "checkpoint.pth": {
        "student": student, "teacher": teacher, "optimizer": opt.state_dict(), "epoch": 7, "args": args,
        "dino_loss": {"center": 0.1 * torch.ones(1, cfg["k"])}, "fp16_scaler": None}}
    for name, value in files.items():
        path = os.path.join(HERE, name)
        if WRITE:
            torch.save(value, path)
            continue
        same = all(torch.equal(a, b) for a, b in zip(tensors_in(value), tensors_in(torch.load(path)), strict=True))
        print(f"{name}: " + ("all equal" if same else "the stored file holds other values"))
    x = torch.linspace(-1, 1, 2 * 3 * 32 * 32).view(2, 3, 32, 32)
    with torch.no_grad():
        save("pth.safetensors", {"input": x, "backbone.feature": net(x)[0], "checkpoint.teacher.feature": full.backbone(x)[0],
                                 "checkpoint.teacher.logits": full([x])[1],
                                 **{"checkpoint.teacher." + k: v for k, v in teacher.items()}}, cfg)


def tensors_in(value):
    """The tensors of nested dictionaries."""
    for v in value.values():
        if isinstance(v, dict):
            yield from tensors_in(v)
        elif isinstance(v, torch.Tensor):
            yield v


def photo():
    """A smooth synthetic image with edges and saturated colors, 97 x 131 RGB."""
    y, x = np.mgrid[0:97, 0:131].astype(np.float64)
    r = 127 + 120 * np.sin(x / 9.0) * np.cos(y / 13.0)
    g = 255 * ((x // 16 + y // 16) % 2)
    b = np.clip((x * 2.1 - y), 0, 255)
    disc = (x - 80) ** 2 + (y - 40) ** 2 < 900
    img = np.stack([np.where(disc, 250, r), np.where(disc, 20, g), np.where(disc, 30, b)], -1)
    return np.clip(np.rint(img), 0, 255).astype(np.uint8)


def augment_goldens():
    """Each image step alone, on uint8, as Pillow and torchvision compute it."""
    img = Image.fromarray(photo())
    if WRITE:
        img.save(os.path.join(HERE, "photo.png"))
    else:
        same = Image.open(os.path.join(HERE, "photo.png")).tobytes() == img.tobytes()
        print("photo.png: " + ("all equal" if same else "the stored image is another"))
    arr = lambda im: torch.from_numpy(np.asarray(im).copy())
    out = {"photo": arr(img)}
    for i, (top, left, h, w, size) in enumerate(((0, 0, 97, 131, 32), (10, 20, 40, 50, 32), (30, 5, 17, 21, 32), (3, 60, 90, 64, 48))):
        out[f"crop.{i}.top_left_h_w_size"] = torch.tensor([top, left, h, w, size])
        out[f"crop.{i}"] = arr(TF.resized_crop(img, top, left, h, w, [size, size], TF.InterpolationMode.BICUBIC))
    small = TF.resized_crop(img, 3, 60, 90, 64, [48, 48], TF.InterpolationMode.BICUBIC)
    out["base"] = arr(small)
    out["flip"] = arr(TF.hflip(small))
    for name, fn, factors in (("brightness", TF.adjust_brightness, (0.6, 1.4)), ("contrast", TF.adjust_contrast, (0.6, 1.4)),
                              ("saturation", TF.adjust_saturation, (0.8, 1.2)), ("hue", TF.adjust_hue, (-0.1, 0.07))):
        for f in factors:
            out[f"{name}.{f}"] = arr(fn(small, f))
    out["gray"] = arr(TF.rgb_to_grayscale(small, 3))
    out["solarize"] = arr(ImageOps.solarize(small))
    for s in (0.1, 0.7, 2.0):
        out[f"blur.{s}"] = arr(small.filter(ImageFilter.GaussianBlur(radius=s)))
    jittered = TF.adjust_hue(TF.adjust_saturation(TF.adjust_brightness(TF.adjust_contrast(small, 1.2), 0.8), 1.1), 0.05)
    out["chain.contrast1.2_brightness0.8_saturation1.1_hue0.05"] = arr(jittered)
    normed = TF.normalize(TF.to_tensor(small), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    out["normalized"] = normed
    eval_img = TF.center_crop(TF.resize(img, 64, TF.InterpolationMode.BICUBIC), 56)
    out["eval.resize64_center56"] = arr(eval_img)
    save("augment.safetensors", out)


def schedule_goldens():
    out = {"lr.100x2502": cosine(0.001, 1e-6, 100, 2502, 10)[[0, 1, 2502, 25019, 25020, 125100, 250199]],
           "lr.100x2502.at": np.array([0, 1, 2502, 25019, 25020, 125100, 250199]),
           "wd.10x7": cosine(0.04, 0.4, 10, 7), "momentum.10x7": cosine(0.996, 1, 10, 7),
           "lr.10x7.warm2": cosine(0.0005, 1e-6, 10, 7, 2)}
    save("schedules.safetensors", {k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in out.items()})


def knn_goldens():
    g = torch.Generator().manual_seed(9)
    classes, n, m, d = 7, 300, 80, 24
    centers = torch.randn(classes, d, generator=g)
    ytr, yte = torch.randint(classes, (n,), generator=g), torch.randint(classes, (m,), generator=g)
    xtr = F.normalize(centers[ytr] + 1.6 * torch.randn(n, d, generator=g), dim=1)
    xte = F.normalize(centers[yte] + 1.6 * torch.randn(m, d, generator=g), dim=1)
    out = {"train": xtr, "train.labels": ytr, "test": xte, "test.labels": yte}
    sim = xte @ xtr.t()
    for k in (1, 5, 10, 20):
        val, idx = sim.topk(k, dim=1)
        votes = torch.zeros(m, classes).scatter_add_(1, ytr[idx], (val / 0.07).exp())
        out[f"pred.{k}"] = votes.argmax(1)
        out[f"top1.{k}"] = torch.tensor([(votes.argmax(1) == yte).double().mean().item() * 100], dtype=torch.float64)
        out[f"top5.{k}"] = torch.tensor([(votes.topk(5, 1)[1] == yte[:, None]).any(1).double().mean().item() * 100], dtype=torch.float64)
    save("knn.safetensors", out)


def main():
    torch.set_num_threads(1)
    cfg = dict(size=32, local=16, patch=8, dim=48, depth=3, heads=3, hidden=64, bottleneck=16, k=96, batch=3, locals=4,
               per_epoch=2, epochs=6, lr=2e-3, min_lr=1e-5, warmup=1, wd=0.04, wd_end=0.4, momentum=0.9)
    later = run_steps("steps_adamw.safetensors", cfg, frozen=False, clip=0.3, optimizer="adamw", steps=8)
    run_steps("steps_adamw_norm_last.safetensors", cfg, frozen=True, clip=0.0, optimizer="adamw", steps=8)
    run_steps("steps_sgd.safetensors", dict(cfg, lr=0.03), frozen=False, clip=3.0, optimizer="sgd", steps=8)
    run_steps("steps_lars.safetensors", dict(cfg, lr=0.3), frozen=False, clip=0.0, optimizer="lars", steps=8)
    save("steps_inputs.safetensors", later)
    pth_files(vit_goldens(cfg), cfg)
    augment_goldens()
    schedule_goldens()
    knn_goldens()


if __name__ == "__main__":
    main()
