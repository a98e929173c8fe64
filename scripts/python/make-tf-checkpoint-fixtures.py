"""Writes test/golden/tf-checkpoint/: small checkpoints as TensorFlow's savers leave them, and
test/golden/tf-checkpoint.json: what TensorFlow itself reads from each.

Needs TensorFlow 2 (the savers of 1.x are in tf.compat.v1) and cramjam, for blocks in Snappy, which
TensorFlow reads but no longer writes.
"""

import base64
import json
import os
import pathlib
import shutil
import struct

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import cramjam
import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
golden = pathlib.Path(__file__).parents[2] / "test/golden"
folder = golden / "tf-checkpoint"
random = np.random.default_rng(20160830)
odd_floats = np.array([0, -0.0, 1, -2.5, np.inf, -np.inf, np.nan, 1e-45, 3.4e38], np.float32)
longs = np.array([0, 1, -1, 127, 128, -64, 2**24 + 1, -(2**31), 2**53, -(2**62)], np.int64)


def build(version):
    """Variables of every type, shape and partition; bfloat16 and strings are new in version 2."""
    values = {
        "odd": odd_floats,
        "half": np.array([*odd_floats[:8], 6e-8, 65504]).astype(np.float16),
        "double": np.array([1 / 3, -1e300, 1e-310, 2.0**60], np.float64),
        "int": np.array([0, -1, 300, 2**31 - 1, -(2**31)], np.int32),
        "long": longs,
        "scalar": np.float32(3.25),
        "empty": np.zeros((0, 3), np.float32),
        "byte": np.array([1, 2, 255], np.uint8),
        "größe": random.normal(size=(2, 2)).astype(np.float32),
    }
    if version == tf1.train.SaverDef.V2:
        values["brain"] = odd_floats.astype(tf.bfloat16.as_numpy_dtype)
        values["text"] = np.array([b"a", b"bc"])
    for block in range(40):  # more names than one block of a table holds
        for leaf in ("beta", "moving_mean", "moving_variance"):
            name = f"InceptionResnetV2/Repeat/block35_{block + 1}/Branch_0/BatchNorm/{leaf}"
            values[name] = random.normal(size=2).astype(np.float32)
    variables = {
        name: tf1.get_variable(f"v{at}", initializer=tf.constant(value), use_resource=False)
        for at, (name, value) in enumerate(values.items())
    }
    variables["global_step"] = tf1.get_variable("global_step", initializer=np.int64(123456))
    for name, shape, axis, parts in [
        ("rows", (7, 5), 0, 3),
        ("columns", (2, 3, 70), 2, 2),
        ("long_axis", (300,), 0, 4),
    ]:
        variables[name] = tf1.get_variable(
            name,
            shape,
            initializer=tf1.random_normal_initializer(seed=axis + parts),
            partitioner=tf1.fixed_size_partitioner(parts, axis=axis),
        )
    return variables


def save(name, version, sharded=False):
    graph = tf.Graph()
    with graph.as_default(), tf1.variable_scope(tf1.get_variable_scope(), use_resource=False):
        if sharded:
            with tf1.device("/cpu:0"):
                first = tf1.get_variable("first", initializer=tf.constant(odd_floats))
            with tf1.device("/cpu:1"):
                second = tf1.get_variable("second", initializer=np.float32([[1, 2], [3, 4]]))
            with tf1.device(lambda op: "/cpu:1" if "part_1" in op.name else "/cpu:0"):
                both = tf1.get_variable(
                    "both",
                    (6, 2),
                    initializer=tf1.random_normal_initializer(seed=1),
                    partitioner=tf1.fixed_size_partitioner(2),
                )
            variables = {"first": first, "second": second, "both": both}
        else:
            variables = build(version)
        saver = tf1.train.Saver(
            variables, write_version=version, sharded=sharded, save_relative_paths=True
        )
        config = tf1.ConfigProto(device_count={"CPU": 2})
        with tf1.Session(config=config) as session:
            session.run(tf1.global_variables_initializer())
            saver.save(session, str(folder / name), write_meta_graph=False)


def save_far_slices():
    """Slices that begin far away, without elements: long codes in their keys."""
    sizes = [100, 10_000, 10**6, 10**9, 10**12]
    names = [f"far_{size}" for size in sizes for _ in range(2)]
    parts = [f"{2 * size} 0 {start},{size}:-" for size in sizes for start in (0, size)]
    tensors = [tf.zeros((size, 0)) for size in sizes for _ in range(2)]
    tf.raw_ops.SaveV2(
        prefix=str(folder / "far"), tensor_names=names, shape_and_slices=parts, tensors=tensors
    )


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def read_varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def compress_table(source, target):
    """Rewrites a table with its data blocks and its index in Snappy."""
    data = source.read_bytes()
    at = len(data) - 48
    _, at = read_varint(data, at)
    _, at = read_varint(data, at)
    offset, at = read_varint(data, at)
    size, at = read_varint(data, at)
    index = data[offset : offset + size]
    out = bytearray()

    def add(block):
        packed = bytes(cramjam.snappy.compress_raw(block)) + b"\x01"
        handle = varint(len(out)) + varint(len(packed) - 1)
        out.extend(packed + struct.pack("<I", masked(packed)))
        return handle

    entries, restarts, at = bytearray(), [], 0
    key = b""
    while at < len(index) - 4 - 4 * struct.unpack_from("<I", index, len(index) - 4)[0]:
        shared, at = read_varint(index, at)
        rest, at = read_varint(index, at)
        length, at = read_varint(index, at)
        key = key[:shared] + index[at : at + rest]
        at += rest
        offset, inner = read_varint(index, at)
        size, _ = read_varint(index, inner)
        at += length
        handle = add(data[offset : offset + size])
        restarts.append(len(entries))
        entries += varint(0) + varint(len(key)) + varint(len(handle)) + key + handle
    meta = add(struct.pack("<II", 0, 1))
    tail = b"".join(struct.pack("<I", one) for one in [*restarts, len(restarts)])
    handles = meta + add(bytes(entries) + tail)
    target.write_bytes(bytes(out) + handles.ljust(40, b"\0") + data[-8:])


def read_back(name):
    """What TensorFlow reads: type, shape, and elements as base64 of little-endian float32."""
    reader = tf.train.load_checkpoint(str(folder / name))
    types = reader.get_variable_to_dtype_map()
    found = {}
    for tensor, shape in sorted(reader.get_variable_to_shape_map().items()):
        entry = {"dtype": types[tensor].name, "shape": shape}
        if types[tensor].name not in ("string", "uint8"):
            (value,) = tf.raw_ops.RestoreV2(
                prefix=str(folder / name),
                tensor_names=[tensor],
                shape_and_slices=[""],
                dtypes=[types[tensor]],
            )
            with np.errstate(over="ignore"):
                floats = value.numpy().astype("<f4")
            entry["floats"] = base64.b64encode(floats.tobytes()).decode()
        found[tensor] = entry
    return found


shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
save("v1.ckpt", tf1.train.SaverDef.V1)
save("v2.ckpt", tf1.train.SaverDef.V2)
save("v1-sharded.ckpt", tf1.train.SaverDef.V1, sharded=True)
save("v2-sharded.ckpt", tf1.train.SaverDef.V2, sharded=True)
save_far_slices()
for end in (".index", ".data-00000-of-00001"):
    shutil.copy(folder / f"v2.ckpt{end}", folder / f"v2-snappy.ckpt{end}")
compress_table(folder / "v2.ckpt.index", folder / "v2-snappy.ckpt.index")
compress_table(folder / "v1.ckpt", folder / "v1-snappy.ckpt")
names = ["v1.ckpt", "v2.ckpt", "v2-sharded.ckpt", "v1-sharded.ckpt-?????-of-?????", "far"]
expected = {name.split("-?")[0]: read_back(name) for name in names}
assert read_back("v1-snappy.ckpt") == expected["v1.ckpt"]
assert read_back("v2-snappy.ckpt") == expected["v2.ckpt"]
path = golden / "tf-checkpoint.json"
path.write_text(json.dumps(expected, ensure_ascii=False) + "\n", "utf-8")
print(*sorted(f"{one.stat().st_size} {one.name}" for one in folder.iterdir()), sep="\n")
print(len(path.read_bytes()), path.name, "of TensorFlow", tf.__version__)
