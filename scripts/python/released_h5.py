"""The layout of the released weight files, as Keras 2.0.6 wrote them: names of layers in the order
of the graph, a group for each, variables under a doubled path."""

import h5py
import numpy as np


def write_released(path, model, limit=64512, rename=lambda name: name):
    """Writes a model's weights; names of layers are split where their bytes exceed the limit."""
    names = np.asarray([rename(layer.name).encode() for layer in model.layers])
    parts = 1
    while any(part.nbytes > limit for part in np.array_split(names, parts)):
        parts += 1
    with h5py.File(path, "w") as file:
        if parts == 1:
            file.attrs["layer_names"] = names
        else:
            for index, part in enumerate(np.array_split(names, parts)):
                file.attrs[f"layer_names{index}"] = part
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.0.6"
        for layer in model.layers:
            own = rename(layer.name)
            group = file.create_group(own)
            variables = layer.trainable_weights + layer.non_trainable_weights
            named = [f"{own}/{variable.name}:0".encode() for variable in variables]
            group.attrs["weight_names"] = named
            for name, variable in zip(named, variables):
                group.create_dataset(name, data=variable.numpy())
