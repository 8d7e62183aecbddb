#!/usr/bin/env python3
"""Makes the golden numbers for the evaluations: linear probe, retrieval, copy detection, video label
propagation with J and F, attention maps, patch features. Plain PyTorch and NumPy;
README-evals.md says what each name holds.

Run beside make.py: python3 make_evals.py        (PyTorch >= 1.13, Pillow, OpenCV, matplotlib; CPU only)
OpenCV and matplotlib serve as the facts themselves: one bilinear resize and two colour tables.
"""
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import make
from make import ViT, photo, save, seed_weights

HERE = os.path.dirname(os.path.abspath(__file__))
make.HERE = HERE  # save() writes here

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
    centres = torch.randn(classes, dim, generator=g)
    draw = lambda n: torch.randint(classes, (n,), generator=g)
    ytr, yte = draw(37), draw(50)
    xtr = centres[ytr] + 4.0 * torch.randn(37, dim, generator=g)
    xte = centres[yte] + 4.0 * torch.randn(50, dim, generator=g)
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


# ---------------------------------------------------------------- retrieval

def average_precision(positions, total):
    """Trapezoids under the precision-recall curve; positions are 0-based and rising."""
    area = 0.0
    for found, at in enumerate(positions):
        left = found / at if at else 1.0
        area += (left + (found + 1) / (at + 1)) / 2
    return area / total


def rank_scores(ranking, positives, ignored, ks):
    """AP and precision at each k for one query, or None without positives."""
    if not positives:
        return None
    seen = [item for item in ranking if item not in ignored]
    at = [i for i, item in enumerate(seen) if item in positives]
    last = at[-1] + 1
    return average_precision(at, len(positives)), [sum(i < min(last, k) for i in at) / min(last, k) for k in ks]


def thumbnail_size(w, h, limit):
    """Pillow's rule: the long side becomes limit, the other the floor or ceil that keeps the aspect best."""
    if w <= limit and h <= limit:
        return w, h
    aspect = w / h
    best = lambda x, cost: max(min(math.floor(x), math.ceil(x), key=cost), 1)
    if aspect <= 1:
        return best(limit * aspect, lambda n: abs(aspect - n / limit)), limit
    return limit, best(limit / aspect, lambda n: abs(aspect - limit / n) if n else 0)


def retrieval_goldens(net):
    g = gen(61)
    counts = [(4, 3, 2), (2, 4, 0), (0, 3, 3), (3, 0, 2), (0, 0, 2), (1, 1, 0), (5, 2, 4), (1, 0, 0), (3, 5, 3)]
    order, at, dim = torch.randperm(60, generator=g).tolist(), 0, 32
    query = torch.randn(9, dim, generator=g)
    base = torch.randn(60, dim, generator=g)
    gnd = []
    for q, sizes in enumerate(counts):
        lists = {}
        for kind, n, pull in zip(("easy", "hard", "junk"), sizes, (0.9, 0.35, 0.6)):
            lists[kind] = sorted(order[at:at + n])
            at += n
            for i in lists[kind]:
                base[i] += pull * query[q]
        gnd.append(lists)
    query = query + 0.3 * torch.randn(9, dim, generator=g)
    query, base = 3 * query, 2 * base
    sim = F.normalize(base, dim=1) @ F.normalize(query, dim=1).t()
    ranks = (-sim).argsort(0)
    results, ks = {}, (1, 5, 10)
    for name, good, ignored in (("easy", ("easy",), ("junk", "hard")), ("medium", ("easy", "hard"), ("junk",)),
                                ("hard", ("hard",), ("junk", "easy"))):
        rows = [rank_scores(ranks[:, q].tolist(), {i for k in good for i in gnd[q][k]}, {i for k in ignored for i in gnd[q][k]}, ks)
                for q in range(9)]
        used = [r for r in rows if r]
        results[name] = {"map": float(np.mean([r[0] for r in used])), "mp_at_1_5_10": np.mean([r[1] for r in used], 0).tolist(),
                         "ap": [r and r[0] for r in rows], "p_at_1_5_10": [r and r[1] for r in rows], "queries_used": len(used)}
    sizes = [(1024, 768), (768, 1024), (1024, 683), (683, 1024), (800, 600), (640, 480), (224, 224), (225, 224), (200, 150), (223, 300),
             (1000, 3), (3, 1000), (131, 97), (1023, 767), (512, 512), (513, 77), (449, 299), (333, 1000)]
    with open(os.path.join(HERE, "retrieval.json"), "w") as f:
        json.dump({"gnd": gnd, "results": results,
                   "thumbnail_w_h_limit_to_w_h": [[w, h, s, *thumbnail_size(w, h, s)] for s in (224, 512) for w, h in sizes]},
                  f, indent=1)
    out = {"database": base, "query": query, "similarity": sim, "ranks": ranks}
    x = torch.randn(1, 3, 48, 64, generator=g)
    feats = []
    for i, s in enumerate((1, 2 ** -0.5, 0.5)):
        # the scale itself, not out/in, maps the coordinates: 48x64 -> 33x45 at 1/sqrt(2)
        y = x if s == 1 else F.interpolate(x, scale_factor=s, mode="bilinear", align_corners=False, recompute_scale_factor=False)
        feats.append(net(y)[0])
        out[f"multiscale.{i}.input"], out[f"multiscale.{i}.feature"] = y, feats[-1]
    mean = sum(feats) / 3
    out.update({"multiscale.mean": mean, "multiscale.norm": mean.norm().double().view(1), "multiscale.descriptor": mean / mean.norm()})
    img = Image.fromarray(photo())
    for side in (64, 32, 20):
        small = img.copy()
        small.thumbnail((side, side), Image.LANCZOS)
        assert small.size == thumbnail_size(*img.size, side)
        out[f"thumbnail.{side}"] = torch.from_numpy(np.asarray(small).copy())
    save("retrieval.safetensors", out, CFG)


# ---------------------------------------------------------------- copy detection

def sign_fixed(rows):
    """Each row times +-1 so that its entry of largest magnitude is positive."""
    pick = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    return rows * pick.sign()


def copy_goldens(net):
    out, g = {}, gen(71)
    x = torch.randn(2, 3, 40, 24, generator=g)
    tokens = normed_blocks(net, x)[-1]
    gem = tokens[:, 1:].clamp_min(1e-6).pow(4).mean(1).pow(0.25)
    out.update({"gem.input": x, "gem.tokens": tokens, "gem.descriptor": torch.cat([tokens[:, 0], gem], 1)})

    # features whose second moment has 18 clear directions out of 24; the rest lie far below the floor
    d, strong_dirs = 24, 18
    basis = torch.linalg.qr(torch.randn(d, d, generator=g, dtype=F64))[0]
    scale = torch.cat([torch.logspace(0.3, -1.2, strong_dirs, dtype=F64), torch.full((d - strong_dirs,), 1e-4, dtype=F64)])
    offset = 0.8 * torch.randn(d, generator=g, dtype=F64) @ torch.diag((scale > 1e-3).double()) @ basis
    draw = lambda n: (torch.randn(n, d, generator=g, dtype=F64) * scale) @ basis + offset
    train = draw(120).float()
    originals, distractors = draw(24), draw(16)
    database = torch.cat([originals, distractors]).float()
    groups = torch.tensor([0, 0, 1, 3, 5, 5, 5, 8, 11, 12, 15, 15, 19, 22, 23])
    noise = lambda n, s: s * ((torch.randn(n, d, generator=g, dtype=F64) * scale) @ basis)
    strong = (originals[groups] + noise(len(groups), 1.2)).float()
    jpeg = (originals + noise(24, 0.7)).float()
    queries = torch.cat([strong, jpeg])
    out.update({"whiten.train": train, "database": database, "query.strong": strong, "query.jpegqual/3": jpeg, "strong.original": groups})

    mean = train.double().mean(0)
    moment = train.double().t() @ train.double() / len(train)  # of the features as they are: not centred
    values, vectors = torch.linalg.eigh(moment)
    values, vectors = values.flip(0), vectors.flip(1)
    floored = values.clamp_min(1e-5 * values[0].item())
    inverse = vectors @ torch.diag(1 / floored) @ vectors.t()  # whitened dot product = (a-mean)' inverse (b-mean)
    a, b = queries.double() - mean, database.double() - mean
    dots = a @ inverse @ b.t()
    length = lambda m: (m @ inverse * m).sum(1).sqrt()
    sim = dots / length(a)[:, None] / length(b)[None]
    directions = sign_fixed(vectors.t()[:strong_dirs])
    out.update({"whiten.mean": mean, "whiten.moment": moment, "whiten.eigenvalues": values, "whiten.eigenvalues_floored": floored,
                "whiten.inverse": inverse, "whiten.directions": directions,
                "whiten.database_on_directions": b @ directions.t() / floored[:strong_dirs].sqrt(), "whiten.dots": dots, "similarity": sim})
    top = sim.argsort(1, descending=True)[:, :20]
    out["top20"] = top
    for name, rows, truth in (("strong", top[:15], groups.tolist()), ("jpegqual/3", top[15:], list(range(24)))):
        aps = [average_precision([i for i, item in enumerate(r.tolist()) if item == t], 1) for r, t in zip(rows, truth)]
        out[f"ap.{name}"], out[f"map.{name}"] = f64(*aps), f64(np.mean(aps))
    plain = F.normalize(queries.double(), dim=1) @ F.normalize(database.double(), dim=1).t()
    out["similarity.without_whitening"] = plain
    # two positives for one query, and a list that misses one of them
    out["ap.example"] = f64(average_precision([0, 3], 2), average_precision([2], 2), average_precision([], 1), average_precision([19], 1))
    out["photo.square48_bicubic"] = torch.from_numpy(np.asarray(Image.fromarray(photo()).resize((48, 48), Image.BICUBIC)).copy())
    save("copy.safetensors", out, dict(CFG, exponent=0.5, floor="1e-5 of the largest eigenvalue", top=20,
                                       ap_example="found at 0 and 3 of 2; at 2 of 2; none of 1; at 19 of 1"))


# ---------------------------------------------------------------- video

def nearest_index(old, new):
    """Pillow's nearest: floor of a double that starts at half a step and grows by one step (so 6.999... where 7 is meant)."""
    steps = np.full(new, old / new)
    steps[0] *= 0.5
    return np.add.accumulate(steps).astype(int)


def nearest(a, h, w):
    return a[nearest_index(a.shape[0], h)][:, nearest_index(a.shape[1], w)]


def propagate(target, context, labels, h, w, radius, k, tau):
    """target [hw, d]; context list of [hw, d]; labels list of [C, hw]. Gives [C, hw] and the gap at the k-th neighbour."""
    q = F.normalize(target, dim=1)
    s = torch.cat([F.normalize(c, dim=1) for c in context])
    weights = (q @ s.t() / tau).exp()
    row, col = torch.arange(h * w) // w, torch.arange(h * w) % w
    near = ((row[:, None] - row).abs() <= radius) & ((col[:, None] - col).abs() <= radius)
    weights = weights * near.repeat(1, len(context))
    best = weights.topk(k + 1, 1)[0]
    weights = weights * (weights >= best[:, k - 1:k])
    weights = weights / weights.sum(1, keepdim=True)
    return torch.cat(labels, 1) @ weights.t(), (1 - best[:, k] / best[:, k - 1]).min().item()


def draw_objects(t, h, w):
    """Label picture of a little scene at time t: three moving discs and background, drawn at any size."""
    y, x = np.mgrid[0:h, 0:w]
    y, x = (y + 0.5) / h * 10, (x + 0.5) / w * 14
    lab = np.zeros((h, w), np.uint8)
    for i, (cy, cx, vy, vx, r) in enumerate(((3, 3.5, .3, .5, 2.1), (6.8, 9.5, -.4, -.2, 2.4), (2.5, 11, .25, -.4, 1.6))):
        lab[(y - cy - vy * t) ** 2 + (x - cx - vx * t) ** 2 < r * r] = i + 1
    return lab


def frame_size(h, w, short=480):
    """Short side to 480, long side down to a multiple of 64; a square frame counts as landscape."""
    return (short * h // w // 64 * 64, short) if h > w else (short, short * w // h // 64 * 64)


def mask_size(h, w, short=480):
    """The released mask reader's rule: the same, but a square mask counts as portrait."""
    return (short, short * w // h // 64 * 64) if w > h else (short * h // w // 64 * 64, short)


def outline(m):
    """Pixels that differ from their right, lower or lower-right neighbour; last row and column look along themselves."""
    m = m.astype(bool)
    p = np.pad(m, ((0, 1), (0, 1)), mode="edge")
    return (m != p[:-1, 1:]) | (m != p[1:, :-1]) | (m != p[1:, 1:])


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


def boundary(truth, got):
    r = math.ceil(0.008 * math.hypot(*truth.shape))
    bt, bg = outline(truth), outline(got)
    nt, ng = bt.sum(), bg.sum()
    precision = (bg & grow(bt, r)).sum() / ng if ng else 1.0
    recall = (bt & grow(bg, r)).sum() / nt if nt else 1.0
    if (ng == 0) != (nt == 0):
        precision, recall = (1.0, 0.0) if ng == 0 else (0.0, 1.0)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def sequence_stats(v):
    """Mean, share above 0.5, and first quarter minus last quarter (bins share their end frames)."""
    n = len(v)
    edge = [math.floor(1 + (n - 1) * i / 4 + 0.5 + 1e-9) - 1 for i in range(5)]
    return v.mean(), (v > 0.5).mean(), v[edge[0]:edge[1] + 1].mean() - v[edge[3]:edge[4] + 1].mean()


def video_goldens():
    import cv2
    h, w, d, classes, patch, n_last, radius, k, tau = 10, 14, 16, 4, 4, 3, 4, 5, 0.1
    out, g = {}, gen(81)
    centres = torch.randn(classes, d, generator=g)
    labels = [torch.from_numpy(draw_objects(t, h, w).astype(np.int64)) for t in range(6)]
    feats = torch.stack([3 * (centres[l.flatten()] + 1.3 * torch.randn(h * w, d, generator=g)) for l in labels])
    first = draw_objects(0, 43, 60)
    small = torch.from_numpy(nearest(first, h, w).astype(np.int64))
    soft = [F.one_hot(small.flatten(), int(small.max()) + 1).t().float()]
    gap, margin = 1.0, 1.0
    masks, originals, ups, norms = [], [], [], []
    for t in range(1, 6):
        used = [0] + list(range(max(1, t - n_last), t))
        pred, least = propagate(feats[t], [feats[i] for i in used], [soft[i] for i in used], h, w, radius, k, tau)
        gap = min(gap, least)
        soft.append(pred)
        up = F.interpolate(pred.view(1, classes, h, w), scale_factor=patch, mode="bilinear", align_corners=False)[0]
        norm = up.clone()
        for c in range(classes):
            if norm[c].max() > 0:
                norm[c] -= norm[c].min()
                norm[c] /= norm[c].max()
        two = norm.topk(2, 0)[0]
        margin = min(margin, (two[0] - two[1]).min().item())
        mask = norm.argmax(0).numpy().astype(np.uint8)
        masks.append(mask)
        originals.append(nearest(mask, *first.shape))
        ups.append(up)
        norms.append(norm)
    out.update({"features": feats, "first.mask": torch.from_numpy(first), "first.labels": small, "soft": torch.stack(soft).view(6, classes, h, w),
                "upsampled": torch.stack(ups), "normalized": torch.stack(norms), "masks": torch.from_numpy(np.stack(masks)),
                "masks.original_size": torch.from_numpy(np.stack(originals))})
    print(f"video: least gap at the {k}th neighbour {gap:.1e}, least margin between classes {margin:.1e}")
    im = Image.fromarray(first)
    im.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0])
    im.save(os.path.join(HERE, "video_first.png"))
    sizes = [(480, 854), (480, 910), (1080, 1920), (854, 480), (720, 1280), (600, 600), (601, 600), (500, 333)]
    out["frame_h_w_to_h_w"] = torch.tensor([[*s, *frame_size(*s)] for s in sizes])
    out["mask_h_w_to_h_w"] = torch.tensor([[*s, *mask_size(*s)] for s in sizes])
    small_photo = cv2.resize(photo(), (112, 96))  # width, height; bilinear without antialias
    out["photo.96x112"] = torch.from_numpy(small_photo)
    rgb = torch.from_numpy(small_photo.astype(np.float32) / 255).permute(2, 0, 1)
    out["photo.96x112.normalized"] = (rgb - torch.tensor([.485, .456, .406]).view(3, 1, 1)) / torch.tensor([.228, .224, .225]).view(3, 1, 1)

    # J and F over one sequence of 12 frames, of which the first and the last do not count
    rng = np.random.default_rng(82)
    truth = np.stack([draw_objects(t / 3, 48, 64) for t in range(12)])
    got = np.stack([np.roll(draw_objects(t / 3 + 0.12 * t, 48, 64), (t % 3 - 1, t // 4), (0, 1)) for t in range(12)])
    truth[5][truth[5] == 3] = 0
    got[5][got[5] == 3] = 0   # both empty
    got[7][got[7] == 2] = 0   # missed
    truth[8][truth[8] == 3] = 0  # invented
    speckle = rng.random(got.shape) < 0.004
    got[speckle] = 1
    truth[:, 20:22, 30:40] = 255  # void: counts as background here
    js, fs = np.zeros((3, 10)), np.zeros((3, 10))
    for o in range(3):
        for t in range(10):
            a, b = truth[t + 1] == o + 1, got[t + 1] == o + 1
            js[o, t], fs[o, t] = region(a, b), boundary(a, b)
    stats = np.array([[sequence_stats(v) for v in m] for m in (js, fs)])  # measure, object, (mean, recall, decay)
    out.update({"jf.truth": torch.from_numpy(truth), "jf.result": torch.from_numpy(got), "jf.j": torch.from_numpy(js), "jf.f": torch.from_numpy(fs),
                "jf.mean_recall_decay": torch.from_numpy(stats),
                "jf.global": f64((stats[0, :, 0].mean() + stats[1, :, 0].mean()) / 2, *stats[0].mean(0), *stats[1].mean(0))})
    out["jf.decay_example"] = f64(*[sequence_stats(np.arange(n) ** 1.5 / 100)[2] for n in (4, 5, 6, 7, 10, 23, 68, 102)])
    out["jf.decay_example.frames"] = torch.tensor([4, 5, 6, 7, 10, 23, 68, 102])

    # single pictures: the rules at edges and with empty masks; tolerance 2 pixels at 90x120, 3 at 200x300
    blank = lambda s=(90, 120): np.zeros(s, bool)
    def box(a, b, c, d, s=(90, 120)):
        m = blank(s)
        m[a:b, c:d] = True
        return m
    y, x = np.mgrid[0:90, 0:120]
    disc = lambda cy, cx, r: (y - cy) ** 2 + (x - cx) ** 2 < r * r
    big = np.mgrid[0:200, 0:300]
    wide = lambda cy, cx, a, b: ((big[0] - cy) / a) ** 2 + ((big[1] - cx) / b) ** 2 < 1
    pairs = [("shifted", disc(40, 60, 20), disc(42, 63, 20)), ("at_borders", box(60, 90, 80, 120), box(63, 90, 77, 120)),
             ("top_left", box(0, 20, 0, 30), box(0, 23, 0, 30)), ("both_empty", blank(), blank()), ("result_empty", disc(40, 60, 9), blank()),
             ("truth_empty", blank(), disc(40, 60, 9)), ("both_full", ~blank(), ~blank()), ("full_against_disc", disc(40, 60, 20), ~blank()),
             ("dots", box(30, 31, 30, 31), box(32, 33, 31, 32)), ("corner_dot", box(89, 90, 119, 120), box(88, 90, 118, 120)),
             ("far", disc(20, 20, 8), disc(70, 100, 8)), ("wide", wide(100, 150, 60, 90), wide(102, 152, 57, 94))]
    for name, a, b in pairs:
        u8 = lambda m: torch.from_numpy(m.astype(np.uint8))
        out[f"pair.{name}.truth"], out[f"pair.{name}.result"] = u8(a), u8(b)
        out[f"pair.{name}.truth_outline"] = u8(outline(a))
        out[f"pair.{name}.j_f"] = f64(region(a, b), boundary(a, b))
    save("video.safetensors", out, dict(n_last_frames=n_last, size_mask_neighborhood=radius, topk=k, temperature=tau, patch=patch,
                                        least_gap_at_kth=gap, least_class_margin=margin, tolerance="ceil(0.008 * diagonal)",
                                        global_order="J&F, J mean, recall, decay, F mean, recall, decay"))


# ---------------------------------------------------------------- attention

def keep_mass(maps, share):
    """[heads, n] -> bool: the fewest largest weights that hold this share. Also how near the cut came to a tie."""
    rising, where = maps.sort(1)
    total = (rising / rising.sum(1, keepdim=True)).cumsum(1)
    kept = torch.zeros_like(maps, dtype=torch.bool).scatter(1, where, total > 1 - share)
    return kept, (total - (1 - share)).abs().min().item()


def colour_index(a):
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

    # the tiny ViT end to end: a picture cut down to a multiple of the patch
    x = torch.randn(1, 3, 101, 75, generator=g)
    att = net(x[:, :, :96, :72])[2][0, :, 0, 1:]
    out.update({"vit.input": x, "vit.maps": att.view(-1, 12, 9), "vit.kept0.6": keep_mass(att, 0.6)[0].view(-1, 12, 9).to(torch.uint8)})

    # pictures: one head through viridis, the mean of the heads through inferno
    a = maps[0][0].view(rows, cols).repeat_interleave(patch, 0).repeat_interleave(patch, 1).numpy()
    m = maps[0].mean(0).view(rows, cols).repeat_interleave(patch, 0).repeat_interleave(patch, 1).numpy()
    for name, v in (("viridis", a), ("inferno", m)):
        idx = colour_index(v)
        out[f"picture.{name}.rows"] = torch.from_numpy(idx.astype(np.uint8))
        out[f"picture.{name}"] = torch.from_numpy(tables[name][idx])
        Image.fromarray(tables[name][idx]).save(os.path.join(HERE, f"attention_{name}.png"))
    flat = maps[0][0]
    out["minmax"] = ((flat - flat.min()) / (flat.max() - flat.min())).view(rows, cols)

    # img.png as it is written: min and max over the whole normalised picture, then * 255 + 0.5 cut
    img = torch.from_numpy(photo()[:rows * patch - 8, :cols * patch].astype(np.float32) / 255).permute(2, 0, 1)
    img = (img - torch.tensor([.485, .456, .406]).view(3, 1, 1)) / torch.tensor([.229, .224, .225]).view(3, 1, 1)
    shown = ((img - img.min()) / (img.max() - img.min()) * 255 + 0.5).clamp(0, 255).to(torch.uint8).permute(1, 2, 0)
    mask = out["t0.6.image0.upsampled"][0, :rows * patch - 8]
    over = shown.clone().double()
    over[..., 0] = torch.where(mask > 0, over[..., 0] / 2 + 127.5, over[..., 0])
    over[..., 1:] = torch.where(mask[..., None] > 0, over[..., 1:] / 2, over[..., 1:])
    out.update({"img.normalized": img, "img.shown": shown, "img.overlay": over.to(torch.uint8)})  # red at half strength, cut to whole
    out["photo.square64_bilinear"] = torch.from_numpy(np.asarray(Image.fromarray(photo()).resize((64, 64), Image.BILINEAR)).copy())
    save("attention.safetensors", out, dict(CFG, patch=patch, nearest_cut=nearest_cut))


# ---------------------------------------------------------------- patch features

def patch_goldens(net):
    x = torch.randn(1, 3, 48, 64, generator=gen(95))
    x = F.avg_pool2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), 5, 1) * 4  # a smoother picture
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
    linear_goldens(net)
    retrieval_goldens(net)
    copy_goldens(net)
    video_goldens()
    attention_goldens(net)
    patch_goldens(net)


if __name__ == "__main__":
    main()
