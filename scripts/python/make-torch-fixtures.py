"""Writes test/golden/torch/: files of PyTorch; and beside it what PyTorch reads from them.

`torch-files.json` has, for each file that can be used, names, types, shapes and values as float32,
taken from what `torch.load` gives, and the texts that stand next to the tensors. The other files must
be refused. `torch-pickles.json` has one object of plain data in each protocol of Python's pickle.
"""

import argparse
import base64
import json
import os
import pathlib
import pickle
import struct
import zipfile

import timm.utils
import torch
from torch import nn

folder = pathlib.Path(__file__).parents[2] / "test/golden/torch"
folder.mkdir(exist_ok=True)
expected = {}
torch.manual_seed(20160830)


def encode(tensor):
    """Elements as float32, little-endian, in base64: exact, with infinities."""
    data = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()
    return base64.b64encode(data).decode()


def describe(state):
    return {
        name: {
            "dtype": str(value.dtype).removeprefix("torch."),
            "shape": list(value.shape),
            "values": encode(value),
        }
        for name, value in state.items()
        if isinstance(value, torch.Tensor)
    }


def record(name, inside=()):
    """Notes what torch.load finds in a file, in the dictionary at these keys."""
    state = torch.load(folder / name, weights_only=False)  # ours: protocol 4, a Namespace
    texts = {}
    for key in (*inside, None):
        texts |= {one: value for one, value in state.items() if isinstance(value, str)}
        state = state[key] if key else state
    expected[name] = {"metadata": texts, "tensors": describe(state)}


def odd_tensors():
    base = torch.randn(12)
    noted = torch.randn(2)
    noted.note = "an attribute"  # saved through _rebuild_from_type_v2
    conv = torch.randn(2, 3, 2, 2)
    halves = torch.tensor([65504, -0.0, 2**-24, 3 * 2**-24, 2**-14, 1 / 3])
    doubles = [1 / 3, 1e-40, -1e300, 2**-150, 16777217.0]
    return {
        "view.first": base[2:6],
        "view.second": base[4:10].view(2, 3),
        "transposed": torch.randn(4, 3).t(),
        "channels_last": conv.contiguous(memory_format=torch.channels_last),
        "every_second": torch.randn(4, 6)[::2, 1::2],
        "permuted": torch.randn(2, 3, 4).half().permute(2, 0, 1),
        "expanded": torch.full((1,), 0.5).expand(3, 2),
        "half": halves.half(),
        "bfloat16": torch.tensor([1e38, -1e-40, 1 / 3]).bfloat16(),
        "double": torch.tensor(doubles, dtype=torch.float64),
        "counter": torch.tensor(7),
        "longs": torch.tensor([[2**40, -3]]),
        "ints": torch.tensor([-5, 2**30], dtype=torch.int32),
        "shorts": torch.tensor([-5, 300], dtype=torch.int16),
        "chars": torch.tensor([-5, 100], dtype=torch.int8),
        "bytes": torch.tensor([250], dtype=torch.uint8),
        "empty": torch.zeros(0, 3),
        "scalar": torch.tensor(2.5),
        "parameter": nn.Parameter(torch.randn(2)),
        "noted": noted,
        "näme\n": torch.ones(1),
    }


def save(value, name, protocol=2, is_zip=True):
    torch.save(
        value, folder / name, pickle_protocol=protocol, _use_new_zipfile_serialization=is_zip
    )


def few_tensors():
    weight = torch.arange(6, dtype=torch.float32).view(2, 3) / 4
    return {"weight": weight, "turned": weight.t(), "half": weight[0].half(), "n": torch.tensor(3)}


def write_records(name, records):
    writer = torch._C.PyTorchFileWriter(str(folder / name))
    for key, data in records.items():
        writer.write_record(key, data, len(data))
    writer.write_end_of_file()


def read_records(name):
    with zipfile.ZipFile(folder / name) as archive:
        return {one.split("/", 1)[1]: archive.read(one) for one in archive.namelist()}


def write_legacy(name, state, pickler_class):
    """The legacy form, as torch.save writes it, by another pickler."""
    with open(folder / name, "wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
            pickle.dump(value, file, protocol=2)
        pickler = pickler_class(file, protocol=2)
        pickler.dump(state)
        pickle.dump(sorted(pickler.storages), file, protocol=2)
        for key in sorted(pickler.storages):
            count, data = pickler.storages[key]
            file.write(struct.pack("<q", count) + data)


class OldPickler(pickle._Pickler):
    """Texts as Python 2 wrote them, and parts of a storage as PyTorch 0.3 did."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.storages = {}

    def save_text(self, text):
        data = text.encode()
        self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)

    dispatch = dict(pickle._Pickler.dispatch)
    dispatch[str] = save_text

    def persistent_id(self, value):
        if not isinstance(value, torch.storage.TypedStorage):
            return None
        count = value._size()
        data = bytes(value._untyped_storage)
        self.storages["root"] = (count + 2, struct.pack("<2f", -1, -1) + data)
        return ("storage", torch.FloatStorage, "root", "cpu", count + 2, ("part", 2, count))


class OldDict(dict):
    """Pickled as Python 2 pickled an OrderedDict: a list of pairs as the argument."""

    def __reduce__(self):
        from collections import OrderedDict

        return OrderedDict, ([[key, value] for key, value in self.items()],)


class Command:
    """What an attacker's file does."""

    def __reduce__(self):
        return os.system, ("touch irv2-was-here",)


for form, is_zip in {"zip": True, "legacy": False}.items():
    for protocol in (2, 4):
        name = f"odd-{form}-{protocol}.pth"
        save(odd_tensors(), name, protocol, is_zip)
        record(name)
save(few_tensors(), "few-zip.pth")
record("few-zip.pth")
save(few_tensors(), "few-legacy.pth", is_zip=False)
record("few-legacy.pth")
save(few_tensors(), "few-legacy-1.pth", protocol=1, is_zip=False)
record("few-legacy-1.pth")

torch.serialization.set_crc32_options(False)
save(few_tensors(), "no-sums.pth")
record("no-sums.pth")
torch.serialization.set_crc32_options(True)

records = read_records("few-zip.pth")
records.pop("version"), records.pop(".data/serialization_id")
big = {
    key: b"".join(data[at : at + size][::-1] for at in range(0, len(data), size))
    for key, data, size in ((f"data/{at}", records[f"data/{at}"], [4, 2, 8][at]) for at in range(3))
}
write_records("big-endian.pth", {**records, "byteorder": b"big", **big})
record("big-endian.pth")

zipfile.ZIP64_LIMIT = 64  # so that numbers that would fit 32 bits are written with 64
zipfile.ZIP_FILECOUNT_LIMIT = 2
with zipfile.ZipFile(folder / "zip64.pth", "w") as archive:
    for key, data in read_records("few-zip.pth").items():
        archive.writestr(zipfile.ZipInfo(f"any name/{key}"), data)
record("zip64.pth")

write_legacy("python-2.pth", OldDict(weight=torch.arange(6.0).view(2, 3)), OldPickler)
record("python-2.pth")

model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
save(nn.DataParallel(model).state_dict(), "data-parallel.pth")
record("data-parallel.pth")
save({"epoch": 3, "model": model.state_dict(), "note": "a text"}, "model-key.pth")
record("model-key.pth", inside=["model"])
options = argparse.Namespace(model="inception_resnet_v2", lr=0.1)
optimizer = torch.optim.RMSprop(model.parameters(), momentum=0.9)
model(torch.randn(4, 3)).sum().backward()
optimizer.step()
saver = timm.utils.CheckpointSaver(
    model, optimizer, args=options, checkpoint_dir=str(folder), checkpoint_prefix="timm-training"
)
saver.save_checkpoint(epoch=0, metric=0.5)
for path in folder.glob("*-0.pth.tar"):
    path.replace(folder / "timm-training.pth")
for name in ("last.pth.tar", "model_best.pth.tar"):
    (folder / name).unlink(missing_ok=True)
record("timm-training.pth", inside=["state_dict"])

save({"flags": torch.tensor([True]), "waves": torch.tensor([1j])}, "no-numbers.pth")
save(nn.Linear(2, 2), "whole-model.pth")
save(torch.ones(2), "one-tensor.pth")
save({"epoch": 3, "lr": 0.1}, "no-tensors.pth")
save({"weight": torch.ones(1), "x": Command()}, "hostile-zip.pth")
save({"weight": torch.ones(1), "x": Command()}, "hostile-legacy.pth", is_zip=False)
(folder / "hostile-pickle.bin").write_bytes(pickle.dumps(Command(), protocol=4))
torch.jit.script(nn.ReLU()).save(str(folder / "torch-script.pt"))

shared = ["x"]
plain = {
    "texts": ["", "é", "long " * 60, "\U0001f600\n"],
    "ints": [0, 1, 255, 256, 65535, 65536, -1, 2**31, -(2**31), 2**53 - 1, 2**53, -(2**70)],
    "floats": [0.5, -1e300, 1e-5, float("inf")],
    "flags": [True, False, None],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    "bytes": [b"", b"\x00\xff", b"\xe9" * 300],
    "sets": [set(), {1}],
    "nested": {"a": {"b": [[], {}]}},
    "shared": [shared, shared],
    "many": list(range(1100)),
    7: "a number as key",
}
pickles = {
    protocol: base64.b64encode(pickle.dumps(plain, protocol=protocol)).decode()
    for protocol in range(6)
}
for name in ("few-legacy.pth", "few-legacy-1.pth", "no-sums.pth", "big-endian.pth", "zip64.pth"):
    assert expected[name] == expected["few-zip.pth"], name
(folder.parent / "torch-pickles.json").write_text(json.dumps(pickles, indent=0) + "\n")
(folder.parent / "torch-files.json").write_text(json.dumps(expected, indent=0) + "\n")
print(len(expected), "files read by torch", torch.__version__)
