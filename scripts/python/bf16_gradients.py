"""Prints how far PyTorch's gradients under autocast to bf16 are from its own in float32.

The whole untrained network on two pictures of noise at 299 px, batch norm in training mode. The
distance is large, because rounding to eight bits decides the sign of many activations before a ReLU.
"""

import torch
from network import Network, initialize

torch.manual_seed(0)
network = Network(1000, 1).train()
initialize(network)
for module in network.modules():
    if isinstance(module, torch.nn.Dropout):
        module.p = 0.0
images = torch.rand(2, 3, 299, 299) * 2 - 1
targets = torch.tensor([71, 142])


def gradients(autocast):
    network.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        logits = network(images)[0]
    torch.nn.functional.cross_entropy(logits.float(), targets).backward()
    return [one.grad.clone() for one in network.parameters() if one.grad is not None]


full, half = gradients(False), gradients(True)
squares = sum(((a - b) ** 2).sum() for a, b in zip(full, half))
norms = sum((a**2).sum() for a in full)
each = sorted(((a - b).norm() / a.norm()).item() for a, b in zip(full, half) if a.norm() > 1e-6)
print(f"all together {(squares / norms).sqrt().item():.3f}, median {each[len(each) // 2]:.3f}")
