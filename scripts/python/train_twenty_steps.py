"""Writes test/golden/rmsprop-twenty-steps.json: twenty training steps, by PyTorch in float64.

The network is written here once more, as PyTorch modules, at width 0.25 for 139 pixels. Weights,
images and dropout masks come from the hash of test/helpers/hash-weights.ts. Each step is slim's: mean
cross-entropy with smoothed labels, weight decay on weights and biases, and RMSProp as TensorFlow has
it (epsilon inside the root, squares that start at one), which PyTorch's own RMSprop is not. Kept are
the losses before each step, of a float64 and of a float32 run.

Training is chaotic: rounding decides the sign of a few activations near zero, a ReLU then passes or
stops a gradient, and each step multiplies the difference. At the paper's rate of 0.045 two runs of
PyTorch part by 10 % within five steps of eight images, which says nothing of anybody's correctness.
So the start is gentle (offsets of batch norm near 1, so that most units are on; a small classifier,
so that gradients are small), images differ plainly (colored squares), and the rate is 0.003.

Run from the repository: python scripts/python/train_twenty_steps.py
"""

import json
import math
import pathlib

import numpy as np
import torch
from torch import nn

WIDTH, SIZE, BATCH, CLASSES, STEPS, BATCHES = 0.25, 139, 8, 10, 20, 4
RATE, DECAY, MOMENTUM, EPSILON = 0.003, 0.9, 0.9, 1.0
SMOOTHING, AUXILIARY_WEIGHT = 0.1, 0.4
SQUARE = 16  # pixels that a square of an image is wide
FIRST_MASK = 9000  # tensor id of the mask of the first step
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


def scaled(channels):
    return max(8, math.floor(channels * WIDTH / 8 + 0.5) * 8)


class Unit(nn.Sequential):
    """Convolution without bias, batch norm without scale, ReLU."""

    def __init__(self, inputs, channels, kernel, stride=1, valid=False):
        kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = (0, 0) if valid else tuple((side - 1) // 2 for side in kernel)
        self.channels = scaled(channels)
        norm = nn.BatchNorm2d(self.channels, eps=1e-3)
        norm.weight.requires_grad_(False)
        conv = nn.Conv2d(inputs, self.channels, kernel, stride, padding, bias=False)
        super().__init__(conv, norm, nn.ReLU())


def chain(inputs, *units):
    """Units one after the other; an entry is (channels, kernel[, stride, valid])."""
    made = []
    for one in units:
        made.append(Unit(inputs, *one))
        inputs = made[-1].channels
    return nn.Sequential(*made)


class Concat(nn.ModuleList):
    def __init__(self, inputs, *branches):
        super().__init__(branches)
        probe = torch.zeros(2, inputs, 9, 9)
        self.channels = sum(branch.eval()(probe).shape[1] for branch in branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], 1)


class Residual(nn.Module):
    def __init__(self, channels, scale, relu, *branches):
        super().__init__()
        self.branches = Concat(channels, *(chain(channels, *branch) for branch in branches))
        self.up = nn.Conv2d(self.branches.channels, channels, 1)
        self.scale, self.relu = scale, relu

    def forward(self, x):
        y = x + self.scale * self.up(self.branches(x))
        return torch.relu(y) if self.relu else y


class Network(nn.Module):
    """Gives the logits and, where it has the auxiliary classifier, that one's logits."""

    def __init__(self, auxiliary):
        super().__init__()
        self.stem = nn.Sequential(
            *chain(3, (32, 3, 2, True), (32, 3, 1, True), (64, 3)),
            nn.MaxPool2d(3, 2),
            *chain(scaled(64), (80, 1, 1, True), (192, 3, 1, True)),
            nn.MaxPool2d(3, 2),
        )
        c = scaled(192)
        self.mixed_5b = Concat(
            c,
            chain(c, (96, 1)),
            chain(c, (48, 1), (64, 5)),
            chain(c, (64, 1), (96, 3), (96, 3)),
            nn.Sequential(
                nn.AvgPool2d(3, 1, 1, count_include_pad=False), *chain(c, (64, 1))
            ),
        )
        c = self.mixed_5b.channels
        a = [[(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)]]
        self.block35 = nn.Sequential(*(Residual(c, 0.17, True, *a) for _ in range(10)))
        self.mixed_6a = Concat(
            c,
            chain(c, (384, 3, 2, True)),
            chain(c, (256, 1), (256, 3), (384, 3, 2, True)),
            nn.MaxPool2d(3, 2),
        )
        c = self.mixed_6a.channels
        b = [[(192, 1)], [(128, 1), (160, (1, 7)), (192, (7, 1))]]
        self.block17 = nn.Sequential(*(Residual(c, 0.1, True, *b) for _ in range(20)))
        middle = c
        self.mixed_7a = Concat(
            c,
            chain(c, (256, 1), (384, 3, 2, True)),
            chain(c, (256, 1), (288, 3, 2, True)),
            chain(c, (256, 1), (288, 3), (320, 3, 2, True)),
            nn.MaxPool2d(3, 2),
        )
        c = self.mixed_7a.channels
        d = [[(192, 1)], [(192, 1), (224, (1, 3)), (256, (3, 1))]]
        last = Residual(c, 1, False, *d)
        self.block8 = nn.Sequential(*(Residual(c, 0.2, True, *d) for _ in range(9)), last)
        self.last = Unit(c, 1536, 1)
        self.logits = nn.Linear(self.last.channels, CLASSES)
        # The grid that the second convolution covers whole is 1x1 at this input size.
        self.auxiliary = auxiliary and nn.Sequential(
            nn.AvgPool2d(5, 3),
            *chain(middle, (128, 1), (768, 1, 1, True)),
            nn.Flatten(),
            nn.Linear(scaled(768), CLASSES),
        )

    def forward(self, x, mask):
        middle = self.block17(self.mixed_6a(self.block35(self.mixed_5b(self.stem(x)))))
        features = self.last(self.block8(self.mixed_7a(middle))).mean((2, 3))
        logits = self.logits(features if mask is None else features * mask)
        return [logits, self.auxiliary(middle)] if self.auxiliary else [logits]


def load_hash_weights(network):
    """Gives modules the values that the hash defines in TensorFlow's layouts."""
    index = 0
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # belongs to the convolution before it
            offsets = rounded((filled(4 * index + 1, *module.bias.shape) - 0.5) * 0.2)
            module.bias.data = rounded(offsets.numpy() + 1)
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


def make_images():
    """Squares of any color, [batches, batch, 3, height, width] in -1...1."""
    squares = math.ceil(SIZE / SQUARE)
    images = 2 * filled(0, BATCHES, BATCH, squares, squares, 3) - 1
    images = images.repeat(SQUARE, 2).repeat(SQUARE, 3)[:, :, :SIZE, :SIZE]
    return rounded(images.transpose(0, 1, 4, 2, 3))


def train(dtype, auxiliary, dropout, weightDecay):
    network = Network(auxiliary)
    load_hash_weights(network)
    network = network.to(dtype).train()
    images = make_images().to(dtype)
    targets = torch.full((BATCH, CLASSES), SMOOTHING / CLASSES, dtype=dtype)
    for row in range(BATCH):
        targets[row, row % CLASSES] += 1 - SMOOTHING
    trained = [one for one in network.parameters() if one.requires_grad]
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    offsets = {id(norm.bias) for norm in norms}
    squares = [torch.ones_like(one) for one in trained]
    momenta = [torch.zeros_like(one) for one in trained]
    losses = []
    for step in range(STEPS):
        mask = None
        if dropout:
            kept = filled(FIRST_MASK + step, BATCH, network.last.channels) >= dropout
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
                momentum.mul_(MOMENTUM).add_(RATE * gradient / torch.sqrt(square + EPSILON))
                w.sub_(momentum)
    return losses


def run(**variant):
    exact, single = train(torch.float64, **variant), train(torch.float32, **variant)
    for step, (a, b) in enumerate(zip(exact, single)):
        print(step, a, [abs(y / x - 1) for x, y in zip(a, b)])
    return {**variant, "float64": exact, "float32": single}


golden = {
    "torch": torch.__version__,
    "variants": [
        run(auxiliary=False, dropout=0.2, weightDecay=4e-5),
        run(auxiliary=True, dropout=0, weightDecay=0.5),  # large enough to show
    ],
}
path = pathlib.Path(__file__).parents[2] / "test/golden/rmsprop-twenty-steps.json"
path.write_text(json.dumps(golden, indent=1) + "\n")
