"""Writes test/golden/keras-names.tsv: the layers with weights of keras.applications, in the order of
its files: name, group in .weights.h5, and each weight with its shape."""

import pathlib

import keras
from keras.src.utils import naming

keras.utils.clear_session()
model = keras.applications.InceptionResNetV2(weights=None)
counts = {}
lines = []
for layer in model.layers:
    kind = naming.to_snake_case(type(layer).__name__)
    count = counts[kind] = counts.get(kind, -1) + 1
    if not layer.weights:
        continue
    group = kind if count == 0 else f"{kind}_{count}"
    weights = [f"{w.name} {'x'.join(map(str, w.shape))}" for w in layer.weights]
    lines.append("\t".join([layer.name, group, *weights]) + "\n")
path = pathlib.Path(__file__).parents[2] / "test/golden/keras-names.tsv"
path.write_text("".join(lines))
print(len(lines), "layers of Keras", keras.__version__)
