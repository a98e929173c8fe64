"""Writes test/golden/ops-pytorch.json: small inputs and PyTorch's float64 outputs for every op.

Needs Python with PyTorch. Run from the repository: python scripts/python/make-op-goldens.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20160830)
cases = []


def random(*shape):
    """Values that float32 holds exactly, so that every executor starts from the same numbers."""
    return torch.randn(*shape).to(torch.float32).to(torch.float64)


def case(name, op, attributes, inputs, outputs):
    pack = lambda t: {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.flatten().tolist()]}
    cases.append(
        {
            "name": name,
            "op": op,
            "attributes": attributes,
            "inputs": [pack(t) for t in inputs],
            "outputs": [pack(t) for t in outputs],
        }
    )


def conv(name, x, w, b=None, stride=(1, 1), padding=(0, 0)):
    y = F.conv2d(x, w, b, stride=stride, padding=padding)
    case(name, "conv2d", {"stride": stride, "padding": padding}, [t for t in (x, w, b) if t is not None], [y])


conv("1x1 with bias", random(2, 3, 4, 5), random(4, 3, 1, 1), random(4))
conv("3x3 same", random(2, 3, 5, 4), random(2, 3, 3, 3), padding=(1, 1))
conv("3x3 stride 2 valid, odd grid", random(1, 2, 7, 7), random(3, 2, 3, 3), stride=(2, 2))
conv("3x3 stride 2 valid, even grid", random(2, 2, 8, 6), random(3, 2, 3, 3), random(3), stride=(2, 2))
conv("1x7 same", random(1, 2, 3, 9), random(2, 2, 1, 7), padding=(0, 3))
conv("7x1 same", random(1, 2, 9, 3), random(2, 2, 7, 1), padding=(3, 0))
conv("5x5 same on a smaller grid", random(1, 1, 3, 3), random(2, 1, 5, 5), padding=(2, 2))

x, beta, mean, gamma = random(2, 3, 4, 2), random(3), random(3), random(3)
variance = random(3).abs()
norm = lambda g: F.batch_norm(x, mean, variance, g, beta, training=False, eps=1e-3)
case("without gamma", "batch_norm", {"epsilon": 1e-3}, [x, beta, mean, variance], [norm(None)])
case("with gamma", "batch_norm", {"epsilon": 1e-3}, [x, beta, mean, variance, gamma], [norm(gamma)])

case("both signs", "relu", {}, [x], [F.relu(x)])
window = lambda k, s, p: {"kernel": [k, k], "stride": [s, s], "padding": [p, p]}
grid = random(2, 2, 7, 6)
case("3x3 stride 2", "max_pool", window(3, 2, 0), [grid], [F.max_pool2d(grid, 3, 2)])
case("all negative", "max_pool", window(3, 2, 0), [-grid.abs()], [F.max_pool2d(-grid.abs(), 3, 2)])
average = lambda t, k, s, p: F.avg_pool2d(t, k, s, p, count_include_pad=False)
case("3x3 same leaves padding out", "avg_pool", window(3, 1, 1), [grid], [average(grid, 3, 1, 1)])
big = random(1, 2, 9, 8)
case("5x5 stride 3 valid", "avg_pool", window(5, 3, 0), [big], [average(big, 5, 3, 0)])
case("uneven grid", "global_avg_pool", {}, [grid], [grid.mean((2, 3))])
case("uneven grid", "global_max_pool", {}, [grid], [grid.amax((2, 3))])
other = random(2, 3, 7, 6)
case("two inputs", "concat", {}, [grid, other], [torch.cat([grid, other], 1)])
case("one input", "concat", {}, [grid], [grid])
case("by 0.17", "scale", {"factor": 0.17}, [grid], [grid * 0.17])
case("equal shapes", "add", {}, [grid, grid.flip(0)], [grid + grid.flip(0)])
case("keeps everything", "dropout", {"rate": 0.2}, [grid], [grid])
case("rows of channels", "flatten", {}, [grid], [grid.flatten(1)])
a, w, b = random(3, 5), random(4, 5), random(4)
case("three rows", "linear", {}, [a, w, b], [F.linear(a, w, b)])

path = pathlib.Path(__file__).parents[2] / "test/golden/ops-pytorch.json"
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases in {path.name}")
