"""Video for make_evals.py: labels carried from frame to frame, and J and F of the masks."""
import math

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from evals_common import f64, gen, grow, region, save_palette_png
from make import photo, save


def nearest_index(old, new):
    """Pillow's nearest: floor of a double that starts at half a step and grows by one step (so 6.999... where 7 is meant)."""
    steps = np.full(new, old / new)
    steps[0] *= 0.5
    return np.add.accumulate(steps).astype(int)


def nearest(a, h, w):
    return a[nearest_index(a.shape[0], h)][:, nearest_index(a.shape[1], w)]


def propagate(target, context, labels, h, w, radius, k, tau):
    """target [hw, d]; context list of [hw, d]; labels list of [C, hw]. Gives [C, hw] and the gap at the k-th neighbor."""
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
    """Label image of a little scene at time t: three moving discs and background, drawn at any size."""
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
    """Pixels that differ from their right, lower or lower-right neighbor; last row and column look along themselves."""
    m = m.astype(bool)
    p = np.pad(m, ((0, 1), (0, 1)), mode="edge")
    return (m != p[:-1, 1:]) | (m != p[1:, :-1]) | (m != p[1:, 1:])


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
    h, w, d, classes, patch, n_last, radius, k, tau = 10, 14, 16, 4, 4, 3, 4, 5, 0.1
    out, g = {}, gen(81)
    centers = torch.randn(classes, d, generator=g)
    labels = [torch.from_numpy(draw_objects(t, h, w).astype(np.int64)) for t in range(6)]
    feats = torch.stack([3 * (centers[l.flatten()] + 1.3 * torch.randn(h * w, d, generator=g)) for l in labels])
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
    print(f"video: least gap at the {k}th neighbor {gap:.1e}, least margin between classes {margin:.1e}")
    save_palette_png("video_first.png", first, [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0])
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

    # single images: the rules at edges and with empty masks; tolerance 2 pixels at 90x120, 3 at 200x300
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
                                        global_order="J&F, J mean, recall, decay, F mean, recall, decay"),
         measured=("least_gap_at_kth", "least_class_margin"))
