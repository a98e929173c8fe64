"""Small networks as PyTorch modules, written once more after packages/core/src/architecture.

Batch norm has no trained scale. The auxiliary head is that of grids where its second convolution covers
the whole pooled grid and that grid is 1x1: inputs of up to 139 pixels.
"""

import math

import torch
from torch import nn

CLASSES = 10
width = 0.25  # small_network() sets it


def scaled(channels):
    return max(8, math.floor(channels * width / 8 + 0.5) * 8)


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


def averaged(inputs, channels):
    """An average that leaves padding out, and a 1x1 convolution."""
    pool = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    return nn.Sequential(pool, *chain(inputs, (channels, 1)))


def auxiliary_head(inputs):
    return nn.Sequential(
        nn.AvgPool2d(5, 3),
        *chain(inputs, (128, 1), (768, 1, 1, True)),
        nn.Flatten(),
        nn.Linear(scaled(768), CLASSES),
    )


class InceptionResNetV2(nn.Module):
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
            averaged(c, 64),
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
        self.auxiliary = auxiliary and auxiliary_head(middle)

    def forward(self, x, mask):
        middle = self.block17(self.mixed_6a(self.block35(self.mixed_5b(self.stem(x)))))
        features = self.last(self.block8(self.mixed_7a(middle))).mean((2, 3))
        logits = self.logits(features if mask is None else features * mask)
        return [logits, self.auxiliary(middle)] if self.auxiliary else [logits]


class InceptionV4(nn.Module):
    """Gives what InceptionResNetV2 gives."""

    def __init__(self, auxiliary):
        super().__init__()
        join = lambda *branches: Concat(self.channels, *branches)
        add = lambda *units: chain(self.channels, *units)
        pool = lambda: nn.MaxPool2d(3, 2)
        self.channels = scaled(64)
        blocks = [*chain(3, (32, 3, 2, True), (32, 3, 1, True), (64, 3))]

        def block(one):
            blocks.append(one)
            self.channels = one.channels

        block(join(pool(), add((96, 3, 2, True))))
        b = [(64, 1), (64, (1, 7)), (64, (7, 1)), (96, 3, 1, True)]
        block(join(add((64, 1), (96, 3, 1, True)), add(*b)))
        block(join(add((192, 3, 2, True)), pool()))
        for _ in range(4):
            b = [add((96, 1)), add((64, 1), (96, 3)), add((64, 1), (96, 3), (96, 3))]
            block(join(*b, averaged(self.channels, 96)))
        block(join(add((384, 3, 2, True)), add((192, 1), (224, 3), (256, 3, 2, True)), pool()))
        for _ in range(7):
            b = [(192, 1), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))]
            c = [(192, 1), (224, (1, 7)), (256, (7, 1))]
            block(join(add((384, 1)), add(*c), add(*b), averaged(self.channels, 128)))
        self.body = nn.Sequential(*blocks)
        middle = self.channels
        blocks = []
        b = [(256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3, 2, True)]
        block(join(add((192, 1), (192, 3, 2, True)), add(*b), pool()))
        for _ in range(3):
            b = self.forked((384, 1)), self.forked((384, 1), (448, (3, 1)), (512, (1, 3)))
            block(join(add((256, 1)), *b, averaged(self.channels, 256)))
        self.end = nn.Sequential(*blocks)
        self.logits = nn.Linear(self.channels, CLASSES)
        self.auxiliary = auxiliary and auxiliary_head(middle)

    def forked(self, *units):
        units = chain(self.channels, *units)
        c = units[-1].channels
        return nn.Sequential(*units, Concat(c, chain(c, (256, (1, 3))), chain(c, (256, (3, 1)))))

    def forward(self, x, mask):
        middle = self.body(x)
        features = self.end(middle).mean((2, 3))
        logits = self.logits(features if mask is None else features * mask)
        return [logits, self.auxiliary(middle)] if self.auxiliary else [logits]


NETWORKS = {"inception_resnet_v2": InceptionResNetV2, "inception_v4": InceptionV4}


def small_network(arch, of_width, auxiliary):
    global width
    width = of_width
    return NETWORKS[arch](auxiliary)
