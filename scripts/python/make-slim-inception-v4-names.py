"""Writes test/golden/slim-names-inception-v4.tsv: names and shapes of slim's variables for Inception-v4.

The scopes, kernels and widths are those of research/slim/nets/inception_v4.py of tensorflow/models,
block by block in its order, with auxiliary logits and 1001 classes at 299 pixels.

Run from the repository: python scripts/python/make-slim-inception-v4-names.py
"""

import math
import pathlib
import re

CLASSES = 1001
lines = []


def variable(scope, leaf, *shape):
    lines.append((f"InceptionV4/{scope}/{leaf}", shape))


def conv(scope, inputs, width, kernel=None):
    kernel = kernel or [int(side) for side in re.search(r"(\d)x(\d)$", scope).groups()]
    variable(scope, "weights", *kernel, inputs, width)
    for leaf in ("beta", "moving_mean", "moving_variance"):
        variable(scope, f"BatchNorm/{leaf}", width)
    return width


def dense(scope, inputs):
    variable(scope, "weights", inputs, CLASSES)
    variable(scope, "biases", CLASSES)


def block(scope, inputs, branches):
    """Branches are convolutions in a row, as scope and width; a list among them forks."""
    total = 0
    for branch, units in branches.items():
        width, forks = inputs, []
        for unit in units:
            if isinstance(unit, list):
                forks = [conv(f"{scope}/{branch}/Conv2d_{end}", width, w) for end, w in unit]
            else:
                width = conv(f"{scope}/{branch}/Conv2d_{unit[0]}", width, unit[1])
        total += sum(forks) or width
    return total


A = {
    "Branch_0": [("0a_1x1", 96)],
    "Branch_1": [("0a_1x1", 64), ("0b_3x3", 96)],
    "Branch_2": [("0a_1x1", 64), ("0b_3x3", 96), ("0c_3x3", 96)],
    "Branch_3": [("0b_1x1", 96)],
}
REDUCTION_A = {
    "Branch_0": [("1a_3x3", 384)],
    "Branch_1": [("0a_1x1", 192), ("0b_3x3", 224), ("1a_3x3", 256)],
    "Branch_2": [],
}
B = {
    "Branch_0": [("0a_1x1", 384)],
    "Branch_1": [("0a_1x1", 192), ("0b_1x7", 224), ("0c_7x1", 256)],
    "Branch_2": [
        *[("0a_1x1", 192), ("0b_7x1", 192), ("0c_1x7", 224)],
        *[("0d_7x1", 224), ("0e_1x7", 256)],
    ],
    "Branch_3": [("0b_1x1", 128)],
}
REDUCTION_B = {
    "Branch_0": [("0a_1x1", 192), ("1a_3x3", 192)],
    "Branch_1": [("0a_1x1", 256), ("0b_1x7", 256), ("0c_7x1", 320), ("1a_3x3", 320)],
    "Branch_2": [],
}
C = {
    "Branch_0": [("0a_1x1", 256)],
    "Branch_1": [("0a_1x1", 384), [("0b_1x3", 256), ("0c_3x1", 256)]],
    "Branch_2": [
        *[("0a_1x1", 384), ("0b_3x1", 448), ("0c_1x3", 512)],
        [("0d_1x3", 256), ("0e_3x1", 256)],
    ],
    "Branch_3": [("0b_1x1", 256)],
}

c = conv("Conv2d_1a_3x3", 3, 32)
c = conv("Conv2d_2a_3x3", c, 32)
c = conv("Conv2d_2b_3x3", c, 64)
c = block("Mixed_3a", c, {"Branch_0": [], "Branch_1": [("0a_3x3", 96)]})
stem = [("0a_1x1", 64), ("0b_1x7", 64), ("0c_7x1", 64), ("1a_3x3", 96)]
c = block("Mixed_4a", c, {"Branch_0": [("0a_1x1", 64), ("1a_3x3", 96)], "Branch_1": stem})
c = block("Mixed_5a", c, {"Branch_0": [("1a_3x3", 192)], "Branch_1": []})
for letter in "bcde":
    c = block(f"Mixed_5{letter}", c, A)
c = block("Mixed_6a", c, REDUCTION_A)
for letter in "bcdefgh":
    c = block(f"Mixed_6{letter}", c, B)
conv("AuxLogits/Conv2d_1b_1x1", c, 128)
conv("AuxLogits/Conv2d_2a", 128, 768, [5, 5])  # the whole of what pooling leaves of 17x17
dense("AuxLogits/Aux_logits", 768)
c = block("Mixed_7a", c, REDUCTION_B)
for letter in "bcd":
    c = block(f"Mixed_7{letter}", c, C)
dense("Logits/Logits", c)

path = pathlib.Path(__file__).parents[2] / "test/golden/slim-names-inception-v4.tsv"
path.write_text("".join(f"{name}\t{'x'.join(map(str, shape))}\n" for name, shape in lines))
print(len(lines), "names,", sum(math.prod(shape) for _, shape in lines), "numbers")
