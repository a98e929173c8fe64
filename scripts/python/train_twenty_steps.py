"""Writes test/golden/rmsprop-twenty-steps.json: twenty training steps, by PyTorch in float64.

The networks are those of small_networks.py, started as small_training.py says. Each step is slim's:
mean cross-entropy with smoothed labels, weight decay on weights and biases, and RMSProp as TensorFlow
has it (epsilon inside the root, squares that start at one), which PyTorch's own RMSprop is not. Kept
are the losses before each step, of a float64 and of a float32 run.

Run from the repository: python scripts/python/train_twenty_steps.py [network ...]
"""

import json
import pathlib
import sys

import torch
from small_networks import NETWORKS
from small_training import filled, rounded, start
from torch import nn

STEPS, BATCHES = 20, 4
DECAY, MOMENTUM, EPSILON = 0.9, 0.9, 1.0
AUXILIARY_WEIGHT = 0.4
FIRST_MASK = 9000  # tensor id of the mask of the first step


def train(dtype, rate, dropout, weightDecay, **variant):
    network, images, targets = start(dtype, batches=BATCHES, **variant)
    trained = [one for one in network.parameters() if one.requires_grad]
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    offsets = {id(norm.bias) for norm in norms}
    squares = [torch.ones_like(one) for one in trained]
    momenta = [torch.zeros_like(one) for one in trained]
    losses = []
    for step in range(STEPS):
        mask = None
        if dropout:
            shape = len(targets), network.logits.in_features
            kept = filled(FIRST_MASK + step, *shape) >= dropout
            mask = rounded(kept / (1 - dropout)).to(dtype)
        heads = [
            nn.functional.cross_entropy(logits, targets)
            for logits in network(images[step % BATCHES], mask)
        ]
        losses.append([head.item() for head in heads])
        for one in trained:
            one.grad = None
        sum(weight * head for weight, head in zip([1, AUXILIARY_WEIGHT], heads)).backward()
        with torch.no_grad():
            for w, square, momentum in zip(trained, squares, momenta):
                gradient = w.grad + (0 if id(w) in offsets else weightDecay) * w
                square.mul_(DECAY).add_((1 - DECAY) * gradient * gradient)
                momentum.mul_(MOMENTUM).add_(rate * gradient / torch.sqrt(square + EPSILON))
                w.sub_(momentum)
    return losses


def run(**variant):
    exact, single = train(torch.float64, **variant), train(torch.float32, **variant)
    for step, (a, b) in enumerate(zip(exact, single)):
        print(step, a, [abs(y / x - 1) for x, y in zip(a, b)])
    return {**variant, "float64": exact, "float32": single}


RESNET = {"arch": "inception_resnet_v2", "width": 0.25, "size": 139, "batch": 8, "offset": 1}
V4 = {"arch": "inception_v4", "width": 0.125, "size": 107, "batch": 4, "offset": 1.7}
VARIANTS = [
    {**RESNET, "rate": 0.003, "auxiliary": False, "dropout": 0.2, "weightDecay": 4e-5},
    # A decay that is large enough to show.
    {**RESNET, "rate": 0.003, "auxiliary": True, "dropout": 0, "weightDecay": 0.5},
    # At 0.003, with four images a step, PyTorch's two runs part by 0.5 %.
    {**V4, "rate": 0.001, "auxiliary": True, "dropout": 0.2, "weightDecay": 4e-5},
]

path = pathlib.Path(__file__).parents[2] / "test/golden/rmsprop-twenty-steps.json"
asked = sys.argv[1:] or list(NETWORKS)
kept = [one for one in json.loads(path.read_text())["variants"] if one["arch"] not in asked]
made = [run(**variant) for variant in VARIANTS if variant["arch"] in asked]
golden = {"torch": torch.__version__, "variants": kept + made}
path.write_text(json.dumps(golden, indent=1) + "\n")
