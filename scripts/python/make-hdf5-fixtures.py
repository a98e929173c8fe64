"""Writes test/golden/hdf5/: what HDF5 has and weights need not, each in a file or dataset of its own.

Filters that this h5py cannot apply are declared as optional: it then leaves the data as they are, and
the file says that the filter was there.
"""

import gzip
import pathlib
import tempfile

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

golden = pathlib.Path(__file__).parents[2] / "test/golden/hdf5"
work = pathlib.Path(tempfile.mkdtemp())
data = np.arange(24, dtype="f4").reshape(4, 6)

filters = {
    "fletcher32": (h5py.h5z.FILTER_FLETCHER32, ()),
    "szip": (h5py.h5z.FILTER_SZIP, (141, 4)),
    "nbit": (h5py.h5z.FILTER_NBIT, ()),
    "scaleoffset": (h5py.h5z.FILTER_SCALEOFFSET, (0, 3)),
    "lzf": (32000, ()),
    "blosc": (32001, (2, 2, 4, 96)),
    "lz4": (32004, ()),
    "bitshuffle": (32008, ()),
    "zfp": (32013, ()),
    "zstd": (32015, ()),
    "blosc2": (32026, ()),
    "unregistered": (299, ()),
}


def write_filters(file):
    group = file.create_group("filters")
    for name, (number, values) in filters.items():
        creation = h5p.create(h5p.DATASET_CREATE)
        creation.set_chunk((2, 6))
        creation.set_filter(number, h5py.h5z.FLAG_OPTIONAL, values)
        space = h5s.create_simple(data.shape)
        made = h5d.create(group.id, name.encode(), h5t.IEEE_F32LE, space, creation)
        made.write(h5s.ALL, h5s.ALL, data)
        assert [made.get_create_plist().get_filter(0)[0]] == [number], name


def write_types(file):
    group = file.create_group("types")
    group["compound"] = np.zeros(3, [("a", "f4"), ("b", "i4")])
    group["complex"] = np.zeros(3, "c8")
    group["float128"] = np.zeros(3, np.longdouble)
    group["enumeration"] = np.zeros(3, bool)
    group["fixed"] = np.zeros(3, "S4")
    group.create_dataset("lists", (3,), h5py.vlen_dtype("f4"))
    group.create_dataset("texts", (3,), h5py.string_dtype())
    group.create_dataset("arrays", (3,), np.dtype(("f4", (2, 2))))
    group.create_dataset("references", (3,), h5py.ref_dtype)
    group["opaque"] = np.zeros(3, "V5")
    odd = h5t.IEEE_F32LE.copy()
    odd.set_ebias(100)
    for name, kind in (("bits", h5t.STD_B8LE), ("times", h5t.UNIX_D32LE), ("bias", odd)):
        h5d.create(group.id, name.encode(), kind, h5s.create_simple((3,)))


def write_places(file):
    layout = h5py.VirtualLayout((4, 6), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4, 6))
    file.create_virtual_dataset("virtual", layout)


def write_committed(path):
    with h5py.File(path, "w") as file:
        file["kind"] = np.dtype("f4")
        file.create_dataset("x", data=data, dtype=file["kind"])


def write_all():
    with h5py.File(work / "unsupported.h5", "w") as file:
        write_filters(file)
        write_types(file)
    with h5py.File(work / "virtual.h5", "w", libver="latest") as file:
        write_places(file)
    write_committed(work / "committed.h5")
    with h5py.File(work / "external.h5", "w") as file:
        file.create_dataset("x", (4, 6), "f4", external=[("other.raw", 0, 96)])
    with h5py.File(work / "user-block.h5", "w", userblock_size=512) as file:
        file["x"] = data
    for index in ("fixed", "extensible", "single", "implicit", "tree"):
        with h5py.File(work / f"index-{index}.h5", "w", libver="latest") as file:
            limits = {"extensible": (None, 6), "tree": (None, None)}.get(index)
            how = {"single": {"chunks": (4, 6)}}.get(index, {"chunks": (2, 3)})
            if index == "implicit":
                creation = h5p.create(h5p.DATASET_CREATE)
                creation.set_chunk((2, 3))
                creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)
                space = h5s.create_simple((4, 6))
                h5d.create(file.id, b"x", h5t.IEEE_F32LE, space, creation)
            else:
                file.create_dataset("x", data=data, maxshape=limits, **how)


if __name__ == "__main__":
    write_all()
    golden.mkdir(exist_ok=True)
    for path in sorted(work.iterdir()):
        packed = gzip.compress(path.read_bytes(), 9, mtime=0)
        (golden / f"{path.name}.gz").write_bytes(packed)
        print(f"{path.name}: {path.stat().st_size} bytes, {len(packed)} gzipped")
