"""Whole networks in the files of their own programs, for test/import.full.test.ts.

  write FOLDER   random networks of timm and Keras, each in all of its formats, and Keras' numbers once
                 more as TF-Slim's checkpoints; image.f32 (NCHW, 299 px), and the logits that each program
                 computes for it in timm.f32 and keras.f32
  run FILE IMAGE OUT [ONNX]  the logits that timm (.pth, .safetensors), Keras (.weights.h5) or ONNX
                 Runtime (.onnx) computes for a file that this project wrote
"""

import pathlib
import sys

import numpy as np


def timm_network():
    import timm
    import torch

    torch.manual_seed(1)
    network = timm.create_model("inception_resnet_v2", pretrained=False).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.8, 1.2)
            module.bias.data.normal_(0, 0.1)
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network


def timm_logits(network, image):
    import torch

    with torch.inference_mode():
        return network.double()(torch.from_numpy(image).double()).float().numpy()


def keras_network():
    import keras

    keras.utils.set_random_seed(2)
    network = keras.applications.InceptionResNetV2(weights=None, classifier_activation=None)
    random = np.random.default_rng(2)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            beta, mean, variance = layer.get_weights()
            layer.set_weights(
                [
                    random.normal(0, 0.1, beta.shape),
                    random.normal(0, 0.1, mean.shape),
                    random.uniform(0.5, 1.5, variance.shape),
                ]
            )
    return network


def keras_logits(network, image):
    return np.asarray(network.predict(image.transpose(0, 2, 3, 1), verbose=0), np.float32)


def slim_variables(network):
    """Keras' numbers under slim's names: 1001 classes, and a counter."""
    from keras_full_files import renamer

    rename = renamer()
    leaves = {
        "kernel": "weights",
        "bias": "biases",
        "beta": "BatchNorm/beta",
        "moving_mean": "BatchNorm/moving_mean",
        "moving_variance": "BatchNorm/moving_variance",
    }
    repeats = {"Block35": "Repeat/block35", "Block17": "Repeat_1/block17", "Block8": "Repeat_2/block8"}
    variables = {"global_step": np.int64(123456)}
    for layer in network.layers:
        for variable in layer.weights:
            name = rename(layer.name).removesuffix("_BatchNorm")
            kind, *rest = name.split("_")
            if kind in repeats:
                scope = f"{repeats[kind]}_{rest[0]}".replace("Repeat_2/block8_10", "Block8")
                rest = rest[1:]
                parts = [f"Branch_{rest[1]}", "_".join(rest[2:])] if rest[0] == "Branch" else ["_".join(rest)]
            elif kind == "Mixed":
                scope, parts = f"Mixed_{rest[0]}", [f"Branch_{rest[2]}", "_".join(rest[3:])]
            else:
                scope, parts = ("Logits", ["Logits"]) if kind == "Logits" else (name, [])
            value = np.asarray(variable)
            if kind == "Logits":  # the background comes first
                value = np.concatenate([np.full_like(value[..., :1], 9), value], axis=-1)
            path = "/".join(["InceptionResnetV2", scope, *parts, leaves[variable.name]])
            variables[path] = value
    return variables


def write_checkpoints(variables, folder):
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        made = {name: v1.get_variable(name, initializer=value) for name, value in variables.items()}
        session.run(v1.global_variables_initializer())
        for kind, version in (("v1", v1.train.SaverDef.V1), ("v2", v1.train.SaverDef.V2)):
            v1.train.Saver(made, write_version=version).save(
                session, str(folder / f"{kind}.ckpt"), write_meta_graph=False
            )


def write(folder):
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, 299, 299)).astype(np.float32)
    image.tofile(folder / "image.f32")
    import torch
    from safetensors.torch import save_file

    network = timm_network()
    state = network.state_dict()
    save_file(state, folder / "timm.safetensors", metadata={"format": "pt"})
    torch.save(state, folder / "zip.pth")
    torch.save(state, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    wrapped = {"epoch": 3, "state_dict": {f"module.{name}": value for name, value in state.items()}}
    torch.save(wrapped, folder / "checkpoint.pth.tar")
    example = torch.from_numpy(image)
    torch.onnx.export(network, example, folder / "torchscript.onnx", dynamo=False, opset_version=17)
    torch.onnx.export(network, (example,), folder / "dynamo.onnx", dynamo=True, verbose=False)
    unfolded = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    torch.onnx.export(network, example, folder / "unfolded.onnx", dynamo=False, **unfolded)
    timm_logits(network, image).tofile(folder / "timm.f32")
    network = keras_network()
    keras_logits(network, image).tofile(folder / "keras.f32")
    network.save_weights(folder / "keras.weights.h5")
    network.save(folder / "keras.keras")
    network.save(folder / "keras.h5")
    write_checkpoints(slim_variables(network), folder)


def run(path, image, out):
    given = np.fromfile(image, np.float32).reshape(1, 3, 299, 299)
    if path.endswith(".onnx"):
        import onnx
        import onnxruntime

        onnx.checker.check_model(path, full_check=True)
        session = onnxruntime.InferenceSession(path)
        logits = session.run(["logits"], {session.get_inputs()[0].name: given})[0]
    elif path.endswith(".weights.h5"):
        network = keras_network()
        network.load_weights(path)
        logits = keras_logits(network, given)
    else:
        import torch
        from safetensors.torch import load_file

        network = timm_network()
        load = load_file if path.endswith(".safetensors") else lambda file: torch.load(file, weights_only=True)
        network.load_state_dict(load(path), strict=True)
        logits = timm_logits(network, given)
    np.asarray(logits, np.float32).tofile(out)


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    write(pathlib.Path(rest[0])) if verb == "write" else run(*rest)
