"""Retrieval and copy detection for make_evals.py: rankings, their average precision, whitening."""
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from evals_common import CFG, F64, f64, gen, normed_blocks, save_json, sign_fixed
from make import photo, save


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
    save_json("retrieval.json", {"gnd": gnd, "results": results,
                                 "thumbnail_w_h_limit_to_w_h": [[w, h, s, *thumbnail_size(w, h, s)] for s in (224, 512) for w, h in sizes]})
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
    moment = train.double().t() @ train.double() / len(train)  # of the features as they are: not centerd
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
