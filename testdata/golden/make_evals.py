#!/usr/bin/python3
"""Makes the golden numbers of the evaluations: features of the last blocks and a linear probe, retrieval, copy detection,
video, attention maps, patch features. Plain PyTorch and NumPy; README-evals.md says what each file holds.

Run: python3 make_evals.py            says how far the stored files are from those that it makes, and changes none
     python3 make_evals.py --write    makes the stored files anew

Needs what make.py does, matplotlib for its two color tables and OpenCV for one bilinear resize.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision import transforms as T

from evals_common import CFG, f64, gen, grow, normed_blocks, region, sign_fixed, tiny_vit
from evals_ranking import copy_goldens, retrieval_goldens
from evals_video import video_goldens
from make import photo, save


# ---------------------------------------------------------------- features of whole files

def embed_goldens(net):
    """Tokens of the last four blocks, side by side, of photo.png, of it turned, and of a piece of it."""
    image = Image.fromarray(photo())
    images = image, image.transpose(Image.Transpose.TRANSPOSE), image.crop((0, 0, 48, 40))
    size, patch, out = CFG["size"], CFG["patch"], {}
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ([.485, .456, .406], [.229, .224, .225]))
    for i, im in enumerate(images):
        short = T.Resize(round(256 * size / 224), T.InterpolationMode.BICUBIC)
        side = lambda n, to: math.floor(n * to / min(im.size) / patch + 0.5) * patch
        views = {"crop": T.CenterCrop(size)(short(im))}
        for to in (size, 40):
            sides = side(im.width, to), side(im.height, to)
            views[f"whole{to}"] = im if sides == im.size else im.resize(sides, Image.BICUBIC)
        for name, v in views.items():
            x = torch.from_numpy(np.asarray(v).astype(np.float32) / 255).permute(2, 0, 1)
            out[f"image{i}.{name}"] = torch.cat(normed_blocks(net, ((x - mean) / std)[None])[-4:], 2)[0]
    save("embed.safetensors", out, CFG)


# ---------------------------------------------------------------- linear probe

def cross_entropy(logits, labels):
    """Mean loss over the batch and its gradient at the logits."""
    logp = logits - logits.logsumexp(1, keepdim=True)
    rows = torch.arange(len(labels))
    grad = logp.exp()
    grad[rows, labels] -= 1
    return -logp[rows, labels].mean().item(), grad / len(labels)


def linear_goldens(net):
    out, g = {}, gen(51)
    for b, h, w in ((3, 32, 32), (2, 48, 40)):
        x = torch.randn(b, 3, h, w, generator=g)
        blocks = normed_blocks(net, x)
        tag = f"{h}x{w}."
        out[tag + "input"] = x
        for n in (1, 4):
            out[tag + f"n{n}"] = torch.cat([t[:, 0] for t in blocks[-n:]], 1)
        mean = blocks[-1][:, 1:].mean(1)
        out[tag + "n1_avgpool"] = torch.stack([blocks[-1][:, 0], mean], 2).flatten(1)  # cls0, mean0, cls1, mean1, ...

    classes, dim, batch, epochs, base = 7, 96, 8, 3, 0.06
    centers = torch.randn(classes, dim, generator=g)
    draw = lambda n: torch.randint(classes, (n,), generator=g)
    ytr, yte = draw(37), draw(50)
    xtr = centers[ytr] + 4.0 * torch.randn(37, dim, generator=g)
    xte = centers[yte] + 4.0 * torch.randn(50, dim, generator=g)
    order = torch.stack([torch.randperm(37, generator=g) for _ in range(epochs)])
    w, bias = 0.01 * torch.randn(classes, dim, generator=g), torch.zeros(classes)
    out.update({"probe.train.features": xtr, "probe.train.labels": ytr, "probe.test.features": xte, "probe.test.labels": yte,
                "probe.order": order, "probe.init.weight": w.clone(), "probe.init.bias": bias.clone()})
    vel_w, vel_b, losses, lrs = torch.zeros_like(w), torch.zeros_like(bias), [], []
    for epoch in range(epochs):
        lr = base * batch / 256 * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
        lrs.append(lr)
        for idx in order[epoch].split(batch):  # 8, 8, 8, 8, 5: the short batch is kept, and the rate does not shrink for it
            loss, d = cross_entropy(xtr[idx] @ w.t() + bias, ytr[idx])
            losses.append(loss)
            vel_w, vel_b = 0.9 * vel_w + d.t() @ xtr[idx], 0.9 * vel_b + d.sum(0)
            w, bias = w - lr * vel_w, bias - lr * vel_b
            if len(losses) == 1:
                out["probe.after1.weight"], out["probe.after1.bias"] = w.clone(), bias.clone()
        out[f"probe.epoch{epoch}.weight"], out[f"probe.epoch{epoch}.bias"] = w.clone(), bias.clone()
    out.update({"probe.loss": f64(*losses), "probe.lr": f64(*lrs), "probe.velocity.weight": vel_w, "probe.velocity.bias": vel_b})
    logits = xte @ w.t() + bias
    rank = (logits > logits.gather(1, yte[:, None])).sum(1)
    out["probe.test.logits"] = logits
    out["probe.test.top1_top5"] = f64(*[100 * (rank < k).double().mean().item() for k in (1, 5)])
    chunks = [cross_entropy(a, b)[0] for a, b in zip(logits.split(16), yte.split(16))]
    out["probe.test.loss_of_batches"] = f64(*chunks)
    out["probe.test.loss"] = f64(np.mean(chunks))  # batches of 16, 16, 16 and 2 weigh the same
    top, left, h, w, size = 10, 20, 40, 50, 32  # the training crop is resized bilinear here, not bicubic
    crop = Image.fromarray(photo()[top:top + h, left:left + w]).resize((size, size), Image.BILINEAR)
    out["crop.bilinear"], out["crop.top_left_h_w_size"] = torch.from_numpy(np.asarray(crop).copy()), torch.tensor([top, left, h, w, size])
    save("linear.safetensors", out, dict(CFG, classes=classes, batch=batch, epochs=epochs, base_lr=base, momentum=0.9,
                                         lr="base_lr*batch/256, cosine by epoch", test_batch=16))


# ---------------------------------------------------------------- attention

def keep_mass(maps, share):
    """[heads, n] -> bool: the fewest largest weights that hold this share. Also how near the cut came to a tie."""
    rising, where = maps.sort(1)
    total = (rising / rising.sum(1, keepdim=True)).cumsum(1)
    kept = torch.zeros_like(maps, dtype=torch.bool).scatter(1, where, total > 1 - share)
    return kept, (total - (1 - share)).abs().min().item()


def color_index(a):
    """Row of the 256-row table for every value: min-max to 0..1, times 256, down; the top value takes row 255."""
    lo, hi = a.min(), a.max()
    return np.minimum(((a - lo) / (hi - lo) * np.float32(256)).astype(np.int64), 255) if hi > lo else np.zeros(a.shape, np.int64)


def attention_goldens(net):
    from matplotlib import colormaps
    out, g = {}, gen(91)
    rows, cols, patch, heads = 12, 9, 8, 6
    tables = {}
    for name in ("viridis", "inferno"):
        tables[name] = (np.array(colormaps[name].colors) * 255).astype(np.uint8)  # cut, not rounded: 0.9999 * 255 -> 254
        out["table." + name] = torch.from_numpy(tables[name])
    y, x = np.mgrid[0:rows * patch, 0:cols * patch]
    seg = np.zeros((2, rows * patch, cols * patch), np.uint8)
    seg[0][(y - 30) ** 2 + (x - 24) ** 2 < 400] = 1
    seg[0][(y - 70) ** 2 / 2 + (x - 50) ** 2 < 220] = 2
    seg[1][(y > 20) & (y < 70) & (x > 30) & (x < 60)] = 1
    for s in seg:  # void rim around every object
        objects = s > 0
        s[grow(objects, 2) & ~objects] = 255
    gy, gx = torch.meshgrid(torch.arange(rows).float(), torch.arange(cols).float(), indexing="ij")
    maps, nearest_cut = [], 1.0
    for i, spots in enumerate((((3.3, 2.5, 2.2), (8.5, 6, 2.0), (6, 4, 5), (3.5, 3, 1.5), (10, 1, 2), (1, 7, 1.5)),
                               ((5, 5, 2.5), (5.5, 5, 4), (2, 2, 2), (10, 7, 2), (6, 6, 1.5), (0, 0, 3)))):
        logits = torch.stack([-((gy - a) ** 2 + (gx - b) ** 2) / (2 * s * s) * 3 for a, b, s in spots]).flatten(1)
        logits = torch.cat([torch.zeros(heads, 1), logits + 0.7 * torch.randn(heads, rows * cols, generator=g)], 1)
        maps.append(logits.softmax(1)[:, 1:])  # the CLS column is dropped, so a map sums to less than 1
    maps = torch.stack(maps)
    out.update({"maps": maps.view(2, heads, rows, cols), "objects": torch.from_numpy(seg)})
    for share in (0.6, 0.8):
        per_image = {"void_ignored": [], "void_as_background": []}
        for i in range(2):
            kept, cut = keep_mass(maps[i], share)
            nearest_cut = min(nearest_cut, cut)
            up = kept.view(heads, rows, cols).repeat_interleave(patch, 1).repeat_interleave(patch, 2).numpy()
            tag = f"t{share}.image{i}."
            out[tag + "kept"] = kept.view(heads, rows, cols).to(torch.uint8)
            out[tag + "kept_count"] = kept.sum(1)
            if i == 0:
                out[tag + "upsampled"] = torch.from_numpy(up.astype(np.uint8))
            ids = [o for o in np.unique(seg[i]) if o not in (0, 255)]
            for rule, valid in (("void_ignored", seg[i] != 255), ("void_as_background", np.ones_like(seg[i], bool))):
                iou = np.array([[region((seg[i] == o) & valid, up[k] & valid) for k in range(heads)] for o in ids])
                out[tag + rule + ".iou"] = torch.from_numpy(iou)  # object, head
                out[tag + rule + ".best_head"] = torch.from_numpy(iou.argmax(1))
                per_image[rule].append(iou.max(1).mean())
        for rule, values in per_image.items():
            out[f"t{share}.{rule}.jaccard_of_images_and_mean"] = f64(*values, np.mean(values))
    print(f"attention: nearest distance of a running sum to the cut {nearest_cut:.1e}")

    # the tiny ViT end to end: an image cut down to a multiple of the patch
    x = torch.randn(1, 3, 101, 75, generator=g)
    att = net(x[:, :, :96, :72])[2][0, :, 0, 1:]
    out.update({"vit.input": x, "vit.maps": att.view(-1, 12, 9), "vit.kept0.6": keep_mass(att, 0.6)[0].view(-1, 12, 9).to(torch.uint8)})

    # as images: one head through viridis, the mean of the heads through inferno
    a = maps[0][0].view(rows, cols).repeat_interleave(patch, 0).repeat_interleave(patch, 1).numpy()
    m = maps[0].mean(0).view(rows, cols).repeat_interleave(patch, 0).repeat_interleave(patch, 1).numpy()
    for name, v in (("viridis", a), ("inferno", m)):
        idx = color_index(v)
        out[f"picture.{name}.rows"] = torch.from_numpy(idx.astype(np.uint8))
        out[f"picture.{name}"] = torch.from_numpy(tables[name][idx])
    flat = maps[0][0]
    out["minmax"] = ((flat - flat.min()) / (flat.max() - flat.min())).view(rows, cols)

    # img.png as it is written: min and max over the whole normalized image, then * 255 + 0.5 cut
    img = torch.from_numpy(photo()[:rows * patch - 8, :cols * patch].astype(np.float32) / 255).permute(2, 0, 1)
    img = (img - torch.tensor([.485, .456, .406]).view(3, 1, 1)) / torch.tensor([.229, .224, .225]).view(3, 1, 1)
    shown = ((img - img.min()) / (img.max() - img.min()) * 255 + 0.5).clamp(0, 255).to(torch.uint8).permute(1, 2, 0)
    mask = out["t0.6.image0.upsampled"][0, :rows * patch - 8]
    over = shown.clone().double()
    over[..., 0] = torch.where(mask > 0, over[..., 0] / 2 + 127.5, over[..., 0])
    over[..., 1:] = torch.where(mask[..., None] > 0, over[..., 1:] / 2, over[..., 1:])
    out.update({"img.normalized": img, "img.shown": shown, "img.overlay": over.to(torch.uint8)})  # red at half strength, cut to whole
    out["photo.square64_bilinear"] = torch.from_numpy(np.asarray(Image.fromarray(photo()).resize((64, 64), Image.BILINEAR)).copy())
    save("attention.safetensors", out, dict(CFG, patch=patch, nearest_cut=nearest_cut), measured=("nearest_cut",))


# ---------------------------------------------------------------- patch features

def patch_goldens(net):
    x = torch.randn(1, 3, 48, 64, generator=gen(95))
    x = F.avg_pool2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), 5, 1) * 4  # a smoother image
    tokens = normed_blocks(net, x)[-1][0, 1:]
    t = tokens.double()
    mean = t.mean(0)
    values, vectors = torch.linalg.eigh((t - mean).t() @ (t - mean) / (len(t) - 1))
    axes = sign_fixed(vectors.flip(1).t()[:3])
    score = (t - mean) @ axes.t()
    unit = F.normalize(t, dim=1)
    lo, hi = score.min(0)[0], score.max(0)[0]
    save("patches.safetensors", {"input": x, "tokens": tokens, "pca.mean": mean, "pca.axes": axes, "pca.scores": score,
                                 "pca.variances": values.flip(0)[:6], "pca.variance_share": (values.flip(0) / values.sum())[:3],
                                 "pca.unit": (score - lo) / (hi - lo), "cosine.to_patch_19": unit @ unit[19], "cosine.all": unit @ unit.t()},
         dict(CFG, grid="6x8", sign="entry of largest magnitude of each axis is positive"))


def main():
    torch.set_num_threads(1)
    net = tiny_vit()
    embed_goldens(net)
    linear_goldens(net)
    retrieval_goldens(net)
    copy_goldens(net)
    video_goldens()
    attention_goldens(net)
    patch_goldens(net)


if __name__ == "__main__":
    main()
