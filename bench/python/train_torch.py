"""Prints the median seconds per image of PyTorch's training step: images, width, size, batch, threads,
and bf16 for autocast.

Eager, channels_last, RMSProp with the paper's settings, on the network of scripts/python/network.py.
"""

import pathlib
import statistics
import sys
import time

import numpy
import torch

sys.path.append(str(pathlib.Path(__file__).parents[2] / "scripts/python"))
from network import Network, initialize  # noqa: E402

CLASSES, COUNTED = 1000, 5
file, width = sys.argv[1], float(sys.argv[2])
size, batch, threads = map(int, sys.argv[3:6])
AUTOCAST = sys.argv[6:] == ["bf16"]
torch.set_num_threads(threads)
network = Network(CLASSES, width).train()
initialize(network)
network = network.to(memory_format=torch.channels_last)
images = torch.from_numpy(numpy.fromfile(file, numpy.float32).reshape(batch, 3, size, size))
images = images.to(memory_format=torch.channels_last)
targets = torch.arange(batch)
trained = [one for one in network.parameters() if one.requires_grad]
optimizer = torch.optim.RMSprop(trained, lr=1e-4, alpha=0.9, eps=1.0, momentum=0.9)
times = []
for step in range(-2, COUNTED):
    start = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=AUTOCAST):
        logits = network(images)[0]
    loss = torch.nn.functional.cross_entropy(logits.float(), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    loss.item()
    if step >= 0:
        times.append((time.perf_counter() - start) / batch)
print(statistics.median(times), end="")
