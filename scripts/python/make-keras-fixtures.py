"""Writes test/golden/keras/: a small network in every layout that Keras has used, and HDF5's oddities.

Keras writes .weights.h5, .keras and the whole-model .h5 itself; the released layout, newer structures
of HDF5 and compressed data are written with h5py. Files are gzipped: they are mostly empty tables.
Also writes test/golden/keras-names.tsv: layers with weights of keras.applications, in the file's order.
"""

import gzip
import pathlib
import tempfile

import h5py
import keras
import numpy as np
from keras import layers
from keras_network import small_network
from released_h5 import write_released

golden = pathlib.Path(__file__).parents[2] / "test/golden"
work = pathlib.Path(tempfile.mkdtemp())


def copy(source, target, libver, **how):
    """Copies a file with other structures; `how` are arguments of create_dataset."""
    with h5py.File(source) as old, h5py.File(target, "w", libver=libver) as new:

        def visit(name, item):
            if isinstance(item, h5py.Group):
                made = new.require_group(name)
            elif item.shape == ():
                made = new.create_dataset(name, data=item[()])
            else:
                made = new.create_dataset(name, data=item[()], **how)
            for key, value in item.attrs.items():
                made.attrs[key] = value

        for key, value in old.attrs.items():
            new.attrs[key] = value
        old.visititems(visit)


def write_odd(path):
    with h5py.File(path, "w") as file:
        group = file.create_group("texts")
        group.attrs["fixed"] = np.asarray([b"one", b"three", "zwölf".encode()])
        group.attrs["variable"] = ["one", "", "zwölf", "long " * 1000]
        group.attrs["scalar"] = "a text"
        group.attrs["none"] = []
        group.attrs["number"] = 7
        numbers = file.create_group("numbers")
        values = np.arange(-12, 12).reshape(4, 6) / 4
        numbers["float32"] = values.astype("<f4")
        numbers["float16"] = values.astype("<f2")
        numbers["float64"] = values.astype("<f8")
        numbers["big"] = values.astype(">f4")
        numbers["int64"] = np.arange(3)
        numbers["uint32"] = np.arange(3, dtype="u4")
        numbers["text"] = "a text"
        numbers["scalar"] = np.float32(2.5)
        numbers["none"] = np.zeros((0, 3), "f4")
        brain = values.astype("f4").view("u4") >> 16
        numbers["bfloat16"] = brain.astype("<u2").view("V2")
        numbers["bfloat16"].attrs["dtype"] = "bfloat16"
        numbers.create_dataset("unwritten", (2, 3), "f4")
        data = np.arange(7 * 11 * 5, dtype="f4").reshape(7, 11, 5)
        chunked = file.create_group("chunked")
        how = {"chunks": (3, 4, 5)}
        chunked.create_dataset("plain", data=data, **how)
        chunked.create_dataset("gzip", data=data, compression="gzip", **how)
        chunked.create_dataset("shuffled", data=data, compression="gzip", shuffle=True, **how)
        chunked.create_dataset("checked", data=data, fletcher32=True, **how)
        chunked.create_dataset("lzf", data=data, compression="lzf", **how)
        some = chunked.create_dataset("some", (7, 11, 5), "f4", **how)
        some[0:3, 0:4] = 1
        many = np.arange(400, dtype="f4").reshape(20, 20)
        chunked.create_dataset("many", data=many, chunks=(1, 1))
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((2, 3))
        made = h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32LE, space, compact)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(6, dtype="f4").reshape(2, 3))


def write_links(path, link, libver="earliest"):
    with h5py.File(path, "w", libver=libver) as file:
        file.create_group("g")["x"] = np.zeros(3, "f4")
        file["y"] = file["g"] if link == "hard" else link


def write_all():
    numbered = small_network()  # Keras counts on: this one starts at conv2d
    numbered.save_weights(work / "numbered.weights.h5")
    shifted = small_network()  # and this one later
    shifted.save(work / "shifted.keras")
    shifted.save(work / "shifted.h5")
    small_network(top=False).save_weights(work / "notop.weights.h5")
    explicit = small_network(explicit=True)
    explicit.save_weights(work / "explicit.weights.h5")
    write_released(work / "released.h5", explicit)
    write_released(work / "released-split.h5", explicit, limit=1000)
    base = small_network(top=False)
    base.trainable = False
    tuned = keras.Sequential([base, layers.GlobalAveragePooling2D(), layers.Dense(4)])
    tuned.layers[-1].set_weights(numbered.layers[-1].get_weights())
    tuned.compile("adam", "mse")
    tuned.fit(np.zeros((1, 35, 35, 3)), np.zeros((1, 4)), verbose=0)  # gives the optimizer state
    tuned.layers[-1].set_weights(numbered.layers[-1].get_weights())
    tuned.save(work / "tuned.h5")
    tuned.save(work / "tuned.keras")
    write_odd(work / "odd.h5")
    write_links(work / "link-hard.h5", "hard")
    write_links(work / "link-soft.h5", h5py.SoftLink("/x"))
    write_links(work / "link-soft-latest.h5", h5py.SoftLink("/x"), "latest")
    write_links(work / "link-external.h5", h5py.ExternalLink("a.h5", "/x"), "latest")
    for version in ("v108", "latest"):
        copy(work / "numbered.weights.h5", work / f"{version}.weights.h5", version)
    how = {"compression": "gzip", "shuffle": True, "chunks": True}
    copy(work / "released.h5", work / "compressed.h5", "earliest", **how)
    with h5py.File(work / "chunks-latest.h5", "w", libver="latest") as file:
        file.create_dataset("x", data=np.zeros((4, 4), "f4"), chunks=(2, 2))
    with h5py.File(work / "many-new.h5", "w", libver="v108") as file:  # trees of two levels
        group = file.create_group("g", track_order=True)
        for index in range(100):
            group.create_group(f"a member with a long name {index}")
        for index in range(60):
            group.attrs[f"a{index}"] = f"text {index}"
    with h5py.File(work / "many-old.h5", "w") as file:
        for index in range(300):
            file.create_group(f"d{index}")


if __name__ == "__main__":
    keras.utils.clear_session()
    write_all()
    folder = golden / "keras"
    folder.mkdir(exist_ok=True)
    for path in sorted(work.iterdir()):
        data = gzip.compress(path.read_bytes(), 9, mtime=0)
        (folder / f"{path.name}.gz").write_bytes(data)
        print(f"{path.name}: {path.stat().st_size} bytes, {len(data)} gzipped")
