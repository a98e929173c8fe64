"""Writes test/golden/inception-v4-gradients.json: a small Inception-v4's gradients, by PyTorch in float64.

Kept are, for each trained tensor, its L2 norm, eight projections on pseudo-random signs (as in
make-gradient-goldens.py) and the distance of the float32 run.

The case is one where rounding decides little. With eight images of 139 pixels at width 0.25 and offsets
of 1, as in train_twenty_steps.py, oneDNN 2.6 with AVX2 is off by 1 %, up to 4 %, and rightly so: its
batch norm sums a channel in one float32, which leaves the variance of a large grid off by 3e-5, and a
float64 run of PyTorch with oneDNN's statistics put in gives oneDNN's gradients. The error puts a few
units on the other side of zero, and makes a few max pools choose another of two nearly equal values; on
grids this small each is 1 % of a gradient. Here, with fewer units and most of them far from zero,
perturbations of 3e-6 move gradients by 1e-4, but for one run in twenty; the script prints some.

Run from the repository: python scripts/python/make-inception-v4-gradient-goldens.py
"""

import json
import pathlib

import numpy as np
import torch
from small_training import start, unit
from torch import nn

CASE = {"arch": "inception_v4", "width": 0.125, "size": 107, "batch": 4, "offset": 1.7}
PROJECTIONS, PERTURBED_RUNS, PERTURBATION = 8, 5, 3e-6


def gradients(dtype, seed=None):
    """With a seed, of a run whose every normalized channel is off by up to PERTURBATION."""
    network, images, targets = start(dtype, **CASE, batches=1, auxiliary=False)
    generator = torch.Generator().manual_seed(seed or 0)

    def perturb(_module, _inputs, out):
        error = torch.rand(2, out.shape[1], 1, 1, generator=generator, dtype=dtype) * 2 - 1
        return out + (PERTURBATION * (out * error[0] + error[1])).detach()

    for module in network.modules():
        if seed is not None and isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(perturb)
    nn.functional.cross_entropy(network(images[0], None)[0], targets).backward()
    return [one.grad.double() for one in network.parameters() if one.requires_grad]


def digest(index, exact, single):
    values, norm = exact.flatten().numpy(), exact.norm().item()
    signs = [unit(2000 + PROJECTIONS * index + p, values.size) < 0.5 for p in range(PROJECTIONS)]
    return {
        "shape": list(exact.shape),
        "norm": norm,
        "projections": [float(np.where(sign, -1.0, 1.0) @ values) for sign in signs],
        "float32Distance": (single - exact).norm().item() / norm,
    }


exact = gradients(torch.float64)
digests = [digest(i, *pair) for i, pair in enumerate(zip(exact, gradients(torch.float32)))]
print(len(digests), "tensors; float32", max(one["float32Distance"] for one in digests))
for seed in range(PERTURBED_RUNS):
    pairs = zip(exact, gradients(torch.float64, seed))
    print("perturbed", max(((other - one).norm() / one.norm()).item() for one, other in pairs))
path = pathlib.Path(__file__).parents[2] / "test/golden/inception-v4-gradients.json"
golden = {"torch": torch.__version__, **CASE, "gradients": digests}
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
