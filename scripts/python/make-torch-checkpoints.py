"""Writes test/golden/torch-checkpoints/: what training programs save around a dictionary of tensors, and
in expected.json the names and values that PyTorch finds, with the keys that lead to them."""

import argparse
import collections
import datetime
import decimal
import json
import pathlib
import types
import uuid

import numpy as np
import torch

folder = pathlib.Path(__file__).parents[2] / "test/golden/torch-checkpoints"
folder.mkdir(exist_ok=True)
expected = {}
weights = {"a.weight": torch.arange(6.0).view(2, 3), "a.bias": torch.tensor([0.5, -0.5])}
averages = {name: value / 2 for name, value in weights.items()}


def save(name, value, *places, prefix=""):
    """Saves an object, and notes the tensors of its dictionaries; with several, their keys come first."""
    torch.save(value, folder / name)
    loaded = torch.load(folder / name, weights_only=False)
    found = {}
    for keys in places:
        state = loaded
        for key in keys:
            state = state[key]
        before = "".join(f"{key}." for key in keys) if len(places) > 1 else ""
        tensors = {k: v for k, v in state.items() if isinstance(v, torch.Tensor)}
        found |= {before + k: v.float().flatten().tolist() for k, v in tensors.items()}
    expected[name] = found


parameter = torch.nn.Parameter(torch.zeros(3))
optimizer = torch.optim.Adam([parameter])
parameter.grad = torch.ones(3)
optimizer.step()
plain = {
    "metric": np.float64(77.1),
    "seen": np.int64(3),
    "flag": np.bool_(True),
    "array": np.arange(3),
    "text": np.str_("x"),
    "rng": np.random.get_state(),
    "torch_rng": torch.get_rng_state(),
    "folder": pathlib.PurePosixPath("runs/1"),
    "other": pathlib.PosixPath("runs/2"),
    "when": datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc),
    "took": datetime.timedelta(seconds=3),
    "config": collections.defaultdict(list, {"a": [1]}),
    "counts": collections.Counter("aab"),
    "last": collections.deque([1, 2], maxlen=3),
    "options": argparse.Namespace(lr=0.1),
    "space": types.SimpleNamespace(lr=0.1),
    "price": decimal.Decimal("0.1"),
    "id": uuid.UUID(int=1),
    "set": frozenset([1]),
    "range": range(3),
    "slice": slice(1, 2),
    "complex": 1 + 2j,
    "bytes": bytearray(b"ab"),
    "size": torch.Size([1, 2]),
    "version": torch.__version__,
    "type": np.dtype("float32"),
}
save("harmless.pth", {"model": weights, "optimizer": optimizer.state_dict(), **plain}, ["model"])
save("averages.pth", {"state_dict": weights, "state_dict_ema": averages}, ["state_dict"], ["state_dict_ema"])
save("tuple.pth", (weights, 3), [0])
save("own-key.pth", {"weights_dict": weights, "epoch": 2}, ["weights_dict"])
save("parts.pth", {"body": weights, "head": {"weight": torch.ones(1, 2)}}, ["body"], ["head"])
metrics = {"best": torch.tensor(0.5), "paths": {"a": torch.tensor(0.5)}}
save("callbacks.ckpt", {"state_dict": weights, "callbacks": {"x": metrics}}, ["state_dict"])
narrow = {"a.weight": weights["a.weight"].to(torch.float8_e4m3fn), "b": torch.ones(2).to(torch.float8_e5m2)}
save("float8.pth", narrow, [])
(folder / "expected.json").write_text(json.dumps(expected, indent=0) + "\n")
print(len(expected), "files read by torch", torch.__version__)
