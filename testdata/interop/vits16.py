#!/usr/bin/env python3
"""A full-size ViT-S/16 with random weights, as PyTorch saves and runs it, for a check by hand that dinogpu gives its
features. No build and no test runs this; it needs PyTorch, Pillow and NumPy.

    python3 testdata/interop/vits16.py make DIR      writes DIR, 175 MB
    dinogpu weights inspect DIR/vits16.pth
    dinogpu embed DIR/images --weights DIR/vits16.pth --image-size 224 --whole --out DIR/got.npy
    python3 testdata/interop/vits16.py compare DIR DIR/got.npy

DIR/hf is the same network in a folder as Hugging Face has it: query, key and value apart, under its names.
"""
import json
import os
import re
import sys

import numpy as np
import torch
from PIL import Image

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
from make import ViT  # noqa: E402

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HF = {
    "cls_token": "embeddings.cls_token", "pos_embed": "embeddings.position_embeddings",
    "patch_embed.proj": "embeddings.patch_embeddings.projection", "norm1": "layernorm_before", "norm2": "layernorm_after",
    "attn.proj": "attention.output.dense", "mlp.fc1": "intermediate.dense", "mlp.fc2": "output.dense",
}


def huggingface(state):
    """The same weights under the names of Hugging Face's ViTModel."""
    out = {}
    for name, t in state.items():
        name = re.sub(r"^norm\.", "layernorm.", name)
        for ours, theirs in HF.items():
            name = name.replace(ours, theirs)
        name = re.sub(r"^blocks\.", "encoder.layer.", name)
        if "attn.qkv" in name:
            for third, rows in zip(("query", "key", "value"), t.chunk(3)):
                out[name.replace("attn.qkv", "attention.attention." + third)] = rows.clone()
        else:
            out[name] = t
    return out


def make(folder):
    os.makedirs(os.path.join(folder, "images"), exist_ok=True)
    os.makedirs(os.path.join(folder, "hf"), exist_ok=True)
    g = torch.Generator().manual_seed(41)
    net = ViT(224, 16, 384, 12, 6).eval()
    with torch.no_grad():
        for name, p in net.named_parameters():
            if "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.1 * torch.randn(p.shape, generator=g))
            elif p.dim() == 1:
                p.copy_(0.05 * torch.randn(p.shape, generator=g))
            elif name in ("cls_token", "pos_embed"):
                p.copy_(0.2 * torch.randn(p.shape, generator=g))
            else:  # so that a layer neither loses nor swells what passes through it
                p.copy_(torch.randn(p.shape, generator=g) / p[0].numel() ** 0.5)
        torch.save(net.state_dict(), os.path.join(folder, "vits16.pth"))
        torch.save(huggingface(net.state_dict()), os.path.join(folder, "hf", "pytorch_model.bin"))
        features = []
        for i in range(2):
            coarse = torch.randint(0, 256, (14, 14, 3), generator=g, dtype=torch.uint8).numpy()
            image = Image.fromarray(coarse).resize((224, 224), Image.BICUBIC)
            image.save(os.path.join(folder, "images", f"{i}.png"))
            x = (np.asarray(image, np.float32) / 255 - np.float32(MEAN)) / np.float32(STD)
            features.append(net(torch.from_numpy(x).permute(2, 0, 1)[None])[0][0].numpy())
    np.save(os.path.join(folder, "features.npy"), np.stack(features))
    with open(os.path.join(folder, "hf", "config.json"), "w") as f:
        json.dump({"model_type": "vit", "hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6,
                   "intermediate_size": 1536, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "image_size": 224,
                   "patch_size": 16, "num_channels": 3, "qkv_bias": True}, f)
    with open(os.path.join(folder, "hf", "preprocessor_config.json"), "w") as f:
        json.dump({"do_normalize": True, "image_mean": MEAN, "image_std": STD, "size": 224}, f)


def compare(folder, path):
    want, got = np.load(os.path.join(folder, "features.npy")), np.load(path)
    assert got.shape == want.shape, (got.shape, want.shape)
    print("largest error over the largest entry: %.2g" % (np.abs(got - want).max() / np.abs(want).max()))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "make":
        make(sys.argv[2])
    elif len(sys.argv) == 4 and sys.argv[1] == "compare":
        compare(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
