#!/usr/bin/env python3
"""Holds what `dinogpu weights export` writes beside the programs it is for, and what those write beside what dinogpu
reads: PyTorch, safetensors, timm, transformers, onnx and onnxruntime, each by its own loader and offline.

Run: python3 check.py DINOGPU     DINOGPU is the program; README.md says which libraries are needed

Two models with random weights, a ViT-Tiny/16 and a small one of odd sizes, are exported in every format, as float32 and
float16, as they are and for images of another size. Features, patch tokens and logits of random images are compared with
those of the plain PyTorch model that made the golden numbers (../golden/make.py). Prints versions and the largest
difference of each, over the largest entry; fails where one is above LIMIT. No test and no build runs it.
"""
import os

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TRANSFORMERS_NO_ADVISORY_WARNINGS="1")

import json
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import safetensors
import safetensors.torch
import timm
import torch
import torch.nn.functional as F
import transformers
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "..", "golden"))
from make import Head, ViT  # noqa: E402

LIMIT = 1e-5
MODELS = {  # K prototypes; the size that positions are interpolated to
    "vit_tiny": dict(size=224, patch=16, dim=192, depth=12, heads=3, other=160, mean="0.485,0.456,0.406",
                     std="0.229,0.224,0.225", hidden=64, bottleneck=32, k=100),
    "odd": dict(size=91, patch=14, dim=96, depth=3, heads=6, other=126, mean="0.25,0.5,0.125",
                std="0.5,0.375,0.25", hidden=40, bottleneck=16, k=37),
}
worst = {}


def seeded(module, seed):
    """Weights of a size that every layer carries signal."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in module.named_parameters():
            noise = torch.randn(p.shape, generator=g)
            if name.endswith("weight_g"):
                p.copy_(1 + 0.1 * noise)
            elif "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.1 * noise)
            elif p.dim() == 1:
                p.copy_(0.1 * noise)
            elif name in ("cls_token", "pos_embed"):
                p.copy_(0.5 * noise)
            else:
                p.copy_(noise * p[0].numel() ** -0.5)
            p.requires_grad_(False)
    return module.eval()


def note(what, got, want, limit=LIMIT):
    """Keeps the largest difference over the largest entry."""
    got, want = torch.as_tensor(np.array(got)).double(), want.double()
    if got.shape != want.shape:
        sys.exit(f"{what}: shape {tuple(got.shape)}, want {tuple(want.shape)}")
    e = ((got - want).abs().nan_to_num(float("inf")).max() / want.abs().max()).item()
    worst[what] = max(worst.get(what, (0, limit)), (e, limit))


def require(what, ok):
    if not ok:
        sys.exit(what)


class Reference:
    """The plain model as an export should be: for images of a size, its weights rounded to a type. Interpolated
    positions, which dinogpu makes in float64, are taken from the export positions, once they are near PyTorch's: where
    both lie about halfway between two halves they may be rounded apart."""

    def __init__(self, cfg, net, head, size, half, positions=None):
        self.cfg, self.size = cfg, size
        cut = (lambda t: t.half().float()) if half else (lambda t: t.clone())
        side = size // cfg["patch"]
        self.state = {k: cut(v) for k, v in dict(net.state_dict(), pos_embed=net.positions(side, side)).items()}
        if positions is not None:
            note("positions, float16" if half else "positions, float32", positions, self.state["pos_embed"], 2e-3 if half else LIMIT)
            self.state["pos_embed"] = positions.float()
        self.head_state = {k: cut(v) for k, v in head.state_dict().items()}
        self.net = ViT(size, cfg["patch"], cfg["dim"], cfg["depth"], cfg["heads"])
        self.net.load_state_dict(self.state)
        self.x = torch.randn(3, 3, size, size, generator=torch.Generator().manual_seed(size))
        v, g = (head.state_dict()["last_layer.weight_" + k].double() for k in "vg")
        prototypes = cut((g * v / v.norm(dim=1, keepdim=True)).float())  # a graph holds them instead of v and g
        mlp = Head(cfg["dim"], cfg["hidden"], cfg["bottleneck"], cfg["k"], False)
        mlp.load_state_dict(self.head_state)
        with torch.no_grad():
            self.features, outs, _ = self.net(self.x)
            self.patches = self.net.norm(outs[-1])[:, 1:]
            self.logits = F.normalize(mlp.mlp(self.features), dim=-1) @ prototypes.t()
            if not half:  # the released code's own ways
                note("reference, positions interpolated as it runs", self.features, net(self.x)[0])
                note("reference, weight norm as it runs", self.logits, mlp(self.features))

    def whole(self):
        """The names of the released teacher's state dict."""
        return {**{"backbone." + k: v for k, v in self.state.items()}, **{"head." + k: v for k, v in self.head_state.items()}}

    def same(self, what, state, head=False):
        """A state dict under the released names holds these very values."""
        want = self.whole() if head else self.state
        require(f"{what}: names differ: {set(state) ^ set(want)}", set(state) == set(want))
        for k, v in want.items():
            require(f"{what}: {k} differs", state[k].shape == v.shape and torch.equal(state[k].float(), v))


class Exports:
    """A model in files of every format."""

    def __init__(self, program, folder, source, flags):
        self.program, self.folder, self.source, self.flags = program, folder, source, flags

    def __call__(self, format, name, *more):
        out = os.path.join(self.folder, name)
        command = [self.program, "weights", "export", "--weights", self.source, "--format", format, "--out", out, *self.flags, *more]
        done = subprocess.run(command, capture_output=True, text=True)
        require(f"{command}: {done.stderr}", done.returncode == 0)
        return out


def check_states(ref, export):
    for ending, load in ((".safetensors", safetensors.torch.load_file), (".pth", lambda p: torch.load(p, weights_only=True))):
        ref.same(f"dino {ending}", load(export("dino", "dino" + ending)))
        ref.same(f"dino {ending} with head", load(export("dino", "whole" + ending, "--with-head")), head=True)
        ref.same(f"timm {ending}", load(export("timm", "timm" + ending)))
    ref.same("dino .pth, whole unpickler", torch.load(os.path.join(export.folder, "dino.pth")))


def check_timm(name, ref, export, tag):
    cfg = ref.cfg
    model = timm.create_model("local-dir:" + export("timm", "timm"), pretrained=True).eval()
    data = timm.data.resolve_model_data_config(model)
    want = dict(input_size=(3, ref.size, ref.size), interpolation="bicubic", crop_pct=0.875,
                mean=tuple(map(float, cfg["mean"].split(","))), std=tuple(map(float, cfg["std"].split(","))))
    require(f"timm's transform is {data}", all(tuple(data[k]) == v if isinstance(v, tuple) else data[k] == v for k, v in want.items()))
    require("timm has a head", model.num_classes == 0 and model.num_features == cfg["dim"])
    ref.same("timm, loaded", model.state_dict())
    models = [("folder", model)]
    if name == "vit_tiny":
        for ending in (".safetensors", ".pth"):
            m = timm.create_model("vit_tiny_patch16_224", num_classes=0, img_size=ref.size).eval()
            timm.models.load_checkpoint(m, os.path.join(export.folder, "timm" + ending), strict=True)
            models.append((ending, m))
    for what, m in models:
        with torch.no_grad():
            tokens = m.forward_features(ref.x)
            note(f"timm {what}, features, {tag}", m(ref.x), ref.features)
        note(f"timm {what}, patches, {tag}", tokens[:, 1:], ref.patches)


def check_hf(ref, export, half, tag):
    folder = export("hf", "hf")
    model, info = transformers.ViTModel.from_pretrained(folder, add_pooling_layer=False, output_loading_info=True)
    require(f"hf: {info}", not any(info.values()))
    whole, info = transformers.AutoModel.from_pretrained(folder, output_loading_info=True)
    missing = {k for k in info["missing_keys"] if not k.startswith("pooler.")}
    require(f"hf, with its pooler: {info}", not missing and not info["unexpected_keys"] and len(info["missing_keys"]) == 2)
    own, _ = transformers.ViTModel.from_pretrained(folder, add_pooling_layer=False, output_loading_info=True, torch_dtype="auto")
    require(f"hf: dtype auto is {own.dtype}", own.dtype == (torch.float16 if half else torch.float32))
    for m in (model, whole):
        with torch.no_grad():
            tokens = m.eval()(ref.x).last_hidden_state
        note(f"hf, features, {tag}", tokens[:, 0], ref.features)
        note(f"hf, patches, {tag}", tokens[:, 1:], ref.patches)
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    require(f"hf: processor {type(processor)}", isinstance(processor, transformers.ViTImageProcessor))
    pixels = np.random.default_rng(1).integers(0, 256, (ref.size, ref.size, 3), dtype=np.uint8)
    mean, std = (torch.tensor([*map(float, ref.cfg[k].split(","))]) for k in ("mean", "std"))
    want = ((torch.tensor(pixels) / 255 - mean) / std).permute(2, 0, 1)
    note("hf processor, an image of the size", processor(Image.fromarray(pixels), return_tensors="pt").pixel_values[0], want)
    square = processor(Image.new("RGB", (ref.size * 2, ref.size + 5)), return_tensors="pt").pixel_values
    require("hf: processor's size", square.shape == (1, 3, ref.size, ref.size))


def run_onnx(path, x):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return {k: torch.tensor(v) for k, v in zip(names, session.run(names, {"image": x.numpy()}))}


def check_onnx(ref, export, half, tag):
    for name, more in (("bare.onnx", ()), ("whole.onnx", ("--with-head",))):
        path = export("onnx", name, *more)
        graph = onnx.load(path)
        onnx.checker.check_model(graph, full_check=True)
        require("onnx versions", (graph.ir_version, graph.opset_import[0].version) == (8, 17))
        meta = {p.key: p.value for p in graph.metadata_props}
        require(f"onnx metadata {meta}", (meta["mean"], meta["std"], meta["image_size"]) == (ref.cfg["mean"], ref.cfg["std"], str(ref.size)))
        held = {t.name: torch.tensor(onnx.numpy_helper.to_array(t)) for t in graph.graph.initializer}
        ref.same("onnx initializers", {k: held[k] for k in ref.state})
        require("onnx types", all(held[k].dtype == (torch.float16 if half else torch.float32) for k in ref.state))
        for images in (ref.x, ref.x[:1]):
            got = run_onnx(path, images)
            for k, v in got.items():
                note(f"onnx, {k}, {tag}", v, getattr(ref, k)[:len(images)])
        require(f"onnx outputs {list(got)}", list(got) == ["features", "patches"] + ["logits"] * bool(more))


def read_back(program, folder, cfg, net, head):
    """What the libraries save is what dinogpu reads: compared through a graph of what it read."""
    ref = Reference(cfg, net, head, cfg["size"], False)
    files = {}
    export = Exports(program, folder, os.path.join(folder, "source.safetensors"), ())
    hf = transformers.ViTModel.from_pretrained(export("hf", "hf-again"), add_pooling_layer=False)
    hf.save_pretrained(os.path.join(folder, "hf-theirs"))
    files["transformers, save_pretrained"] = "hf-theirs"
    pooled = transformers.ViTModel(hf.config)
    pooled.load_state_dict(hf.state_dict(), strict=False)
    pooled.save_pretrained(os.path.join(folder, "hf-pooled"), safe_serialization=False)
    files["transformers, with a pooler, as .bin"] = "hf-pooled"
    model = timm.create_model("local-dir:" + export("timm", "timm-again"), pretrained=True)
    timm.models.save_for_hf(model, os.path.join(folder, "timm-theirs"))
    files["timm, save_for_hf"] = "timm-theirs"
    if cfg["dim"] // cfg["heads"] == 64:  # nothing in these says how many heads there are
        safetensors.torch.save_file(model.state_dict(), os.path.join(folder, "theirs.safetensors"))
        torch.save(net.state_dict(), os.path.join(folder, "theirs.pth"))
        teacher = ref.whole()
        student = {"module." + k: -v for k, v in teacher.items()}
        torch.save({"student": student, "teacher": teacher, "epoch": 3}, os.path.join(folder, "checkpoint.pth"))
        files.update({"timm, state_dict as safetensors": "theirs.safetensors", "torch.save of a state_dict": "theirs.pth",
                      "torch.save of a checkpoint": "checkpoint.pth"})
    for what, file in files.items():
        more = ["--partial"] * (file == "hf-pooled")  # a pooler is no part of DINO: it is passed over when asked
        graph = Exports(program, folder, os.path.join(folder, file), ())("onnx", "read.onnx", *more)
        got = run_onnx(graph, ref.x)
        note(f"read from {what}, features", got["features"], ref.features)
        note(f"read from {what}, patches", got["patches"], ref.patches)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    torch.set_num_threads(1)
    for name, module in (("torch", torch), ("timm", timm), ("transformers", transformers), ("safetensors", safetensors),
                         ("onnx", onnx), ("onnxruntime", onnxruntime), ("numpy", np)):
        print(f"{name} {module.__version__}", end="  ")
    print(f"python {sys.version.split()[0]}")
    transformers.logging.set_verbosity_error()
    for name, cfg in MODELS.items():
        net = seeded(ViT(cfg["size"], cfg["patch"], cfg["dim"], cfg["depth"], cfg["heads"]), 1)
        head = seeded(Head(cfg["dim"], cfg["hidden"], cfg["bottleneck"], cfg["k"], False), 2)
        meta = {"format": "pt", "dinogpu.heads": str(cfg["heads"]), "dinogpu.image_size": str(cfg["size"]),
                "dinogpu.mean": cfg["mean"], "dinogpu.std": cfg["std"]}
        for half in (False, True):
            for size in (cfg["size"], cfg["other"]):
                folder = tempfile.mkdtemp(prefix="interop-")
                try:
                    source = os.path.join(folder, "source.safetensors")
                    state = {**{"backbone." + k: v for k, v in net.state_dict().items()}, **{"head." + k: v for k, v in head.state_dict().items()}}
                    safetensors.torch.save_file(state, source, metadata=meta)
                    flags = (["--dtype", "float16"] if half else []) + ([] if size == cfg["size"] else ["--image-size", str(size)])
                    export, tag = Exports(program, folder, source, flags), "float16" if half else "float32"
                    positions = None
                    if size != cfg["size"]:
                        positions = safetensors.torch.load_file(export("dino", "positions.safetensors"))["pos_embed"]
                    ref = Reference(cfg, net, head, size, half, positions)
                    check_states(ref, export)
                    check_timm(name, ref, export, tag)
                    check_hf(ref, export, half, tag)
                    check_onnx(ref, export, half, tag)
                    if not half and size == cfg["size"]:
                        read_back(program, folder, cfg, net, head)
                finally:
                    shutil.rmtree(folder)
    for what, (e, limit) in worst.items():
        print(f"{e:.1e}  {what}")
    bad = [what for what, (e, limit) in worst.items() if not e <= limit]
    if bad:
        sys.exit(f"too large: {bad}")


if __name__ == "__main__":
    main()
