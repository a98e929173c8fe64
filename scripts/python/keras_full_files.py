"""Keras' InceptionResNetV2 at its real size, for test/keras-files.full.test.ts.

  make FOLDER   writes numbered.weights.h5, model.keras, model.h5 (Keras) and released.h5 (h5py)
  check FILE    loads weights into a fresh network and prints how many tensors are as expected

Element i of a variable, in Keras' layout, is a number of 24 bits, hashed from i and the sum of its name
in the released files; these names are spelled out here in the order in which Keras makes the layers.
"""

import pathlib
import re
import sys
import zlib

import keras
import numpy as np
from released_h5 import write_released


def block(scope, *branches):
    names = []
    for index, branch in enumerate(branches):
        names += [f"{scope}_Branch_{index}_Conv2d_{layer}" for layer in branch]
    return names


def explicit_names():
    """Convolutions with batch norm, in the order in which Keras makes and numbers them."""
    stem = ["1a_3x3", "2a_3x3", "2b_3x3", "3b_1x1", "4a_3x3"]
    names = [f"Conv2d_{layer}" for layer in stem]
    three = ["0a_1x1", "0b_3x3", "0c_3x3"]
    names += block("Mixed_5b", ["1x1"], ["0a_1x1", "0b_5x5"], three, ["0b_1x1"])
    for index in range(1, 11):
        names += block(f"Block35_{index}", ["1x1"], ["0a_1x1", "0b_3x3"], three)
    names += block("Mixed_6a", ["1a_3x3"], ["0a_1x1", "0b_3x3", "1a_3x3"])
    for index in range(1, 21):
        names += block(f"Block17_{index}", ["1x1"], ["0a_1x1", "0b_1x7", "0c_7x1"])
    pair = ["0a_1x1", "1a_3x3"]
    names += block("Mixed_7a", pair, pair, ["0a_1x1", "0b_3x3", "1a_3x3"])
    for index in range(1, 11):
        names += block(f"Block8_{index}", ["1x1"], ["0a_1x1", "0b_1x3", "0c_3x1"])
    return names


def make_model():
    keras.utils.clear_session()
    return keras.applications.InceptionResNetV2(weights=None)


def renamer():
    names = explicit_names()

    def rename(name):
        number = re.fullmatch(r"(conv2d|batch_normalization)(?:_(\d+))?", name)
        if number:
            ending = "" if number[1] == "conv2d" else "_BatchNorm"
            return names[int(number[2] or 0)] + ending
        if up := re.fullmatch(r"(block\d+_\d+)_conv", name):
            return f"{up[1].capitalize()}_Conv2d_1x1"
        given = {"conv_7b": "Conv2d_7b_1x1", "conv_7b_bn": "Conv2d_7b_1x1_BatchNorm"}
        return given.get(name, "Logits" if name == "predictions" else name)

    return rename


def expected(model):
    rename = renamer()
    for layer in model.layers:
        for variable in layer.weights:
            seed = zlib.crc32(f"{rename(layer.name)}/{variable.name}".encode())
            count = np.arange(np.prod(variable.shape), dtype=np.uint32)
            bits = (count * np.uint32(2654435761) + np.uint32(seed)) >> np.uint32(8)
            yield variable, (bits / 2**24).astype(np.float32).reshape(variable.shape)


if __name__ == "__main__":
    verb, path = sys.argv[1], pathlib.Path(sys.argv[2])
    model = make_model()
    if verb == "make":
        for variable, value in expected(model):
            variable.assign(value)
        model.save_weights(path / "numbered.weights.h5")
        model.save(path / "model.keras")
        model.save(path / "model.h5")
        write_released(path / "released.h5", model, rename=renamer())
    else:
        model.load_weights(path)
        equal = [np.array_equal(variable.numpy(), value) for variable, value in expected(model)]
        print(sum(equal), "of", len(equal))
