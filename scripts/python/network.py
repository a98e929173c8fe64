"""The network as PyTorch modules, at any width: what training here is compared with.

Written after the same layers as packages/core/src/architecture/inception-resnet-v2.ts; widths are rounded to
multiples of 8 as in packages/core/src/architecture/transforms.ts. Batch norm has no trained scale, as released.
"""

import math

import torch
from torch import nn


class Unit(nn.Sequential):
    """Convolution without bias, batch norm without scale, ReLU."""

    def __init__(self, inputs, channels, kernel, stride=1, valid=False):
        kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = (0, 0) if valid else tuple((side - 1) // 2 for side in kernel)
        self.channels = channels
        norm = nn.BatchNorm2d(channels, eps=1e-3)
        norm.weight.requires_grad_(False)
        conv = nn.Conv2d(inputs, channels, kernel, stride, padding, bias=False)
        super().__init__(conv, norm, nn.ReLU(inplace=True))


class Concat(nn.ModuleList):
    def __init__(self, channels, *branches):
        super().__init__(branches)
        self.channels = channels

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], 1)


class Residual(nn.Module):
    def __init__(self, inputs, branches, scale, relu=True):
        super().__init__()
        self.branches = branches
        self.up = nn.Conv2d(branches.channels, inputs, 1)
        self.scale, self.relu = scale, relu

    def forward(self, x):
        y = x + self.scale * self.up(self.branches(x))
        return torch.relu(y) if self.relu else y


class Network(nn.Module):
    """Gives a list: the logits and, where it has the auxiliary classifier, that one's logits."""

    def __init__(self, classes, width=1.0, auxiliary=False, dropout=0.2):
        super().__init__()
        scaled = lambda channels: max(8, math.floor(channels * width / 8 + 0.5) * 8)

        def chain(inputs, *units):
            """Units one after the other; an entry is (channels, kernel[, stride, valid])."""
            made = []
            for channels, *rest in units:
                made.append(Unit(inputs, scaled(channels), *rest))
                inputs = made[-1].channels
            return nn.Sequential(*made)

        def concat(inputs, *branches, pooled=0, pool=None):
            chains = [chain(inputs, *branch) for branch in branches]
            channels = sum(one[-1].channels for one in chains) + pooled
            return Concat(channels, *chains, *([pool] if pool else []))

        self.stem = nn.Sequential(
            *chain(3, (32, 3, 2, True), (32, 3, 1, True), (64, 3)),
            nn.MaxPool2d(3, 2),
            *chain(scaled(64), (80, 1, 1, True), (192, 3, 1, True)),
            nn.MaxPool2d(3, 2),
        )
        c = scaled(192)
        averaged = nn.Sequential(
            nn.AvgPool2d(3, 1, 1, count_include_pad=False), *chain(c, (64, 1))
        )
        self.mixed_5b = concat(
            c,
            [(96, 1)],
            [(48, 1), (64, 5)],
            [(64, 1), (96, 3), (96, 3)],
            pooled=scaled(64),
            pool=averaged,
        )
        c = self.mixed_5b.channels
        a = [[(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)]]
        self.block35 = nn.Sequential(*(Residual(c, concat(c, *a), 0.17) for _ in range(10)))
        self.mixed_6a = concat(
            c,
            [(384, 3, 2, True)],
            [(256, 1), (256, 3), (384, 3, 2, True)],
            pooled=c,
            pool=nn.MaxPool2d(3, 2),
        )
        c = middle = self.mixed_6a.channels
        b = [[(192, 1)], [(128, 1), (160, (1, 7)), (192, (7, 1))]]
        self.block17 = nn.Sequential(*(Residual(c, concat(c, *b), 0.1) for _ in range(20)))
        self.mixed_7a = concat(
            c,
            [(256, 1), (384, 3, 2, True)],
            [(256, 1), (288, 3, 2, True)],
            [(256, 1), (288, 3), (320, 3, 2, True)],
            pooled=c,
            pool=nn.MaxPool2d(3, 2),
        )
        c = self.mixed_7a.channels
        d = [[(192, 1)], [(192, 1), (224, (1, 3)), (256, (3, 1))]]
        blocks = [Residual(c, concat(c, *d), 0.2) for _ in range(9)]
        self.block8 = nn.Sequential(*blocks, Residual(c, concat(c, *d), 1, relu=False))
        self.last = Unit(c, scaled(1536), 1)
        self.dropout = nn.Dropout(dropout)
        self.logits = nn.Linear(self.last.channels, classes)
        # The grid that the second convolution covers whole is 1x1 up to an input of 139 pixels.
        self.auxiliary = auxiliary and nn.Sequential(
            nn.AvgPool2d(5, 3),
            *chain(middle, (128, 1), (768, 1, 1, True)),
            nn.Flatten(),
            nn.Linear(scaled(768), classes),
        )

    def forward(self, x, mask=None):
        """`mask` takes the place of the dropout."""
        middle = self.block17(self.mixed_6a(self.block35(self.mixed_5b(self.stem(x)))))
        features = self.last(self.block8(self.mixed_7a(middle))).mean((2, 3))
        features = self.dropout(features) if mask is None else features * mask
        logits = self.logits(features)
        return [logits, self.auxiliary(middle)] if self.auxiliary else [logits]


def initialize(network):
    """TF-Slim's rule: Glorot uniform weights, biases of zero."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
