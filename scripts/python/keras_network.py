"""A small network of the layers of Inception-ResNet-v2 in Keras, with Keras' own names or slim's.

The same network is in test/helpers/small-keras.ts. Element i of parameter k, counted in canonical
order and in our layouts (OIHW, [out, in]), is k + (i + 1) / 4096: float32 holds that exactly.
"""

import keras
import numpy as np
from keras import layers
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer


class Builder:
    """Adds layers in the order of keras.applications; `explicit` are names as in the released file."""

    def __init__(self, explicit=False):
        self.explicit = explicit
        self.convolutions = []

    def conv(self, x, filters, kernel, scope, strides=1, padding="same", tail=None):
        kind = "x".join(map(str, kernel))
        name = f"{scope}_{kind}" if self.explicit else tail
        norm = (f"{name}_BatchNorm" if self.explicit else f"{name}_bn") if name else None
        convolution = layers.Conv2D(
            filters, kernel, strides=strides, padding=padding, use_bias=False, name=name
        )
        normalization = layers.BatchNormalization(scale=False, name=norm)
        self.convolutions += [convolution, normalization]
        return layers.Activation("relu")(normalization(convolution(x)))

    def block(self, x, name, *branches):
        """Branches are lists of (filters, kernel, letter[, strides, padding]) or of a pool."""
        scope = name.capitalize()
        ends = []
        for index, branch in enumerate(branches):
            y = x
            for one in branch:
                if isinstance(one, layers.Layer):
                    y = one(y)
                    continue
                filters, kernel, letter, *how = one
                middle = f"_{letter}" if letter else ""
                y = self.conv(y, filters, kernel, f"{scope}_Branch_{index}_Conv2d{middle}", *how)
            ends.append(y)
        return layers.Concatenate()(ends)

    def residual(self, x, name, scale, *branches):
        joined = self.block(x, name, *branches)
        explicit = f"{name.capitalize()}_Conv2d_1x1"
        up = layers.Conv2D(
            x.shape[-1], 1, name=explicit if self.explicit else f"{name}_conv", padding="same"
        )
        self.convolutions.append(up)
        return layers.Activation("relu")(CustomScaleLayer(scale)([x, up(joined)]))


def small_network(explicit=False, top=True):
    b = Builder(explicit)
    one, three = (1, 1), (3, 3)
    image = keras.Input((35, 35, 3))
    x = b.conv(image, 2, three, "Conv2d_1a", 2, "valid")
    x = b.block(
        x,
        "mixed_5b",
        [(2, one, "")],
        [(1, one, "0a"), (2, (5, 5), "0b")],
        [(2, one, "0a"), (1, three, "0b"), (2, three, "0c")],
        [layers.AveragePooling2D(3, strides=1, padding="same"), (1, one, "0b")],
    )
    x = b.residual(
        x,
        "block35_1",
        0.17,
        [(1, one, "")],
        [(1, one, "0a"), (2, three, "0b")],
        [(2, one, "0a"), (1, three, "0b"), (2, three, "0c")],
    )
    x = b.block(
        x,
        "mixed_6a",
        [(2, three, "1a", 2, "valid")],
        [(1, one, "0a"), (2, three, "0b"), (1, three, "1a", 2, "valid")],
        [layers.MaxPooling2D(3, strides=2)],
    )
    x = b.conv(x, 3, one, "Conv2d_7b", tail="conv_7b")
    head = []
    if top:
        x = layers.GlobalAveragePooling2D(name=None if explicit else "avg_pool")(x)
        name = "Logits" if explicit else "predictions"
        head = [layers.Dense(4, activation="softmax", name=name)]
        x = head[0](x)
    model = keras.Model(image, x)
    fill(b.convolutions + head)
    return model


def fill(ordered):
    """Gives each variable, in canonical order, the values that the tests expect."""
    count = 0
    for layer in ordered:
        values = []
        for variable in layer.variables:
            shape = tuple(variable.shape)
            transposed = {4: (3, 2, 0, 1), 2: (1, 0)}.get(len(shape), (0,))
            ours = tuple(shape[axis] for axis in transposed)
            flat = count + (np.arange(np.prod(ours)) + 1) / 4096
            values.append(flat.reshape(ours).transpose(np.argsort(transposed)).astype("float32"))
            count += 1
        layer.set_weights(values)
