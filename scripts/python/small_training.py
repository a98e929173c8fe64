"""What trainings that test/ compares with PyTorch's start from: the twin of test/helpers/small-training.ts.

Weights, images and dropout masks come from the hash of test/helpers/hash-weights.ts.

Training is chaotic: rounding decides the sign of a few activations near zero, a ReLU then passes or
stops a gradient, and each step multiplies the difference. At the paper's rate of 0.045 two runs of
PyTorch part by 10 % within five steps of eight images, which says nothing of anybody's correctness.
So the start is gentle (offsets of batch norm of 1 and more, so that most units are on; a small
classifier, so that gradients are small), and images differ plainly (colored squares).
"""

import math

import numpy as np
import torch
from small_networks import CLASSES, small_network
from torch import nn

SMOOTHING = 0.1
SQUARE = 16  # pixels that a square of an image is wide
MASK = np.uint64(0xFFFFFFFF)


def unit(tensor_id, size):
    """The hash of the goldens: the elements of tensor `tensor_id` as numbers in 0...1."""
    indices = np.arange(size, dtype=np.uint64)
    h = (np.uint64(tensor_id) * np.uint64(0x9E3779B1) + indices * np.uint64(0x85EBCA6B)) & MASK
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x7FEB352D)) & MASK
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(0x846CA68B)) & MASK
    h ^= h >> np.uint64(16)
    return h.astype(np.float64) / 2**32


def filled(tensor_id, *shape):
    return unit(tensor_id, math.prod(shape)).reshape(shape)


def rounded(values):
    return torch.from_numpy(np.ascontiguousarray(values).astype(np.float32)).to(torch.float64)


def load_hash_weights(network, offset):
    """Gives modules the values that the hash defines in TensorFlow's layouts."""
    index = 0
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # belongs to the convolution before it
            offsets = rounded((filled(4 * index + 1, *module.bias.shape) - 0.5) * 0.2)
            module.bias.data = rounded(offsets.numpy() + offset)
        if not isinstance(module, (nn.Conv2d, nn.Linear)):
            continue
        index += 1
        out, inputs, *kernel = module.weight.shape
        scale = 2 * math.sqrt(6 / (math.prod(kernel) * inputs))
        values = (filled(4 * index, *kernel, inputs, out) - 0.5) * scale
        order = (3, 2, 0, 1) if kernel else (1, 0)
        module.weight.data = rounded(values.transpose(order))
        if not kernel:
            module.weight.data = rounded(module.weight.data.numpy() * 0.1)
        if module.bias is not None:
            module.bias.data = rounded((filled(4 * index + 1, out) - 0.5) * 0.2)


def color_squares(count, size):
    """Squares of any color, [count, 3, size, size] in -1...1."""
    squares = math.ceil(size / SQUARE)
    images = 2 * filled(0, count, squares, squares, 3) - 1
    images = images.repeat(SQUARE, 1).repeat(SQUARE, 2)[:, :size, :size]
    return rounded(images.transpose(0, 3, 1, 2))


def smoothed_targets(batch):
    targets = torch.full((batch, CLASSES), SMOOTHING / CLASSES, dtype=torch.float64)
    for row in range(batch):
        targets[row, row % CLASSES] += 1 - SMOOTHING
    return targets


def start(dtype, arch, width, size, batch, offset, batches, auxiliary):
    """A network in training mode, [batches, batch, 3, size, size] images, targets."""
    network = small_network(arch, width, auxiliary)
    load_hash_weights(network, offset)
    images = color_squares(batches * batch, size).reshape(batches, batch, 3, size, size)
    return network.to(dtype).train(), images.to(dtype), smoothed_targets(batch).to(dtype)
