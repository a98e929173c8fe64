"""Prints how far gradients in bf16 are from those in float32, all of it by PyTorch.

The whole untrained network on pictures of noise at 299 px, batch norm in training mode; once under
autocast, and then in float32 with nothing rounded but the pictures, or the weights of convolutions,
once each: less rounding than any computation in bf16 can do.

    python scripts/python/bf16_gradients.py [pictures]
"""

import copy
import sys

import torch
from network import Network, initialize

torch.manual_seed(0)
count = int(sys.argv[1]) if len(sys.argv) > 1 else 2
network = Network(1000, 1).train()
initialize(network)
for module in network.modules():
    if isinstance(module, torch.nn.Dropout):
        module.p = 0.0
images = torch.rand(count, 3, 299, 299) * 2 - 1
targets = torch.arange(1, count + 1) * 71


def rounded(tensor):
    return tensor.bfloat16().float()


def gradients(network, images, autocast=False):
    network.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        logits = network(images)[0]
    torch.nn.functional.cross_entropy(logits.float(), targets).backward()
    return [one.grad.clone() for one in network.parameters() if one.grad is not None]


def report(name, found):
    squares = sum(((a - b) ** 2).sum() for a, b in zip(full, found))
    norms = sum((a**2).sum() for a in full)
    each = sorted(((a - b).norm() / a.norm()).item() for a, b in zip(full, found) if a.norm() > 1e-6)
    together = (squares / norms).sqrt().item()
    print(f"{name}: all together {together:.3f}, median {each[len(each) // 2]:.3f}", flush=True)


coarse = copy.deepcopy(network)
with torch.no_grad():
    for module in coarse.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.weight.copy_(rounded(module.weight))

full = gradients(network, images)
report("autocast", gradients(network, images, autocast=True))
report("pictures rounded, the rest float32", gradients(network, rounded(images)))
report("weights rounded, the rest float32", gradients(coarse, images))
