"""Keras' InceptionResNetV2 in the ONNX files that Keras writes itself, for test/keras-onnx.full.test.ts.

  python keras_onnx.py FOLDER   random weights and statistics; image.f32 (NCHW, 299 px), keras.f32, the
                                logits that Keras computes for it, and
  any-batch.onnx    by PyTorch's TorchScript exporter, which Keras takes where a size is free
  one-image.onnx    by its newer exporter (dynamo), which Keras takes where all sizes are fixed
  features.onnx     without top: the average of the last grid
  features.f32      what Keras computes for the image there

On its PyTorch backend, as Keras' other way, from a TensorFlow graph, needs tf2onnx.
"""

import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from write_everywhere import keras_logits, keras_network

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, 299, 299)).astype(np.float32)
    image.tofile(folder / "image.f32")
    network = keras_network()
    keras_logits(network, image).tofile(folder / "keras.f32")
    options = {"format": "onnx", "verbose": False}
    network.export(folder / "any-batch.onnx", **options)
    one_image = [keras.InputSpec(shape=(1, 299, 299, 3), dtype="float32", name="image")]
    network.export(folder / "one-image.onnx", input_signature=one_image, **options)
    features = keras.Model(network.input, network.get_layer("avg_pool").output)
    keras_logits(features, image).tofile(folder / "features.f32")
    features.export(folder / "features.onnx", **options)
