"""Writes test/golden/heic: small HEIC files of a picture that a formula says (the test knows it too).

turned.heic is plain.heic with the property that iPhones set: turned by 90 degrees against the clock.

Needs Python with NumPy, and the system's library libheif.so.1 with an encoder of HEVC (x265).
Run from the repository: python scripts/python/make-heic-fixtures.py
"""

import ctypes
import pathlib
import struct

import numpy as np

heif = ctypes.CDLL("libheif.so.1")
folder = pathlib.Path("test/golden/heic")
pointer, interleaved_rgb, channel, rgb_space, hevc = ctypes.c_void_p, 10, 10, 1, 1


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("sub", ctypes.c_int), ("message", ctypes.c_char_p)]


def call(name, *arguments):
    function = getattr(heif, name)
    function.restype = Error
    error = function(*arguments)
    if error.code:
        raise RuntimeError(error.message.decode())


heif.heif_context_alloc.restype = pointer
heif.heif_image_get_plane.restype = pointer


def encode(path, rgb):
    height, width, _ = rgb.shape
    context, encoder, image = pointer(heif.heif_context_alloc()), pointer(), pointer()
    call("heif_context_get_encoder_for_format", context, hevc, ctypes.byref(encoder))
    call("heif_encoder_set_lossy_quality", encoder, 90)
    call("heif_encoder_set_parameter_string", encoder, b"chroma", b"444")
    call("heif_image_create", width, height, rgb_space, interleaved_rgb, ctypes.byref(image))
    call("heif_image_add_plane", image, channel, width, height, 8)
    stride = ctypes.c_int()
    plane = heif.heif_image_get_plane(image, channel, ctypes.byref(stride))
    for row in range(height):
        ctypes.memmove(plane + row * stride.value, rgb[row].tobytes(), 3 * width)
    call("heif_context_encode_image", context, image, encoder, None, None)
    call("heif_context_write_to_file", context, str(path).encode())


def boxes(data):
    while data:
        size, kind = struct.unpack(">I4s", data[:8])
        yield kind, data[8:size]
        data = data[size:]


def box(kind, body):
    return struct.pack(">I4s", len(body) + 8, kind) + body


def turned(data, quarters):
    """The file with one property more of its only item, and ten bytes more before its pixels."""
    out = b""
    for kind, body in boxes(data):
        if kind == b"meta":
            inner = body[:4]
            for name, part in boxes(body[4:]):
                if name == b"iloc":
                    (base,) = struct.unpack(">I", part[12:16])
                    part = part[:12] + struct.pack(">I", base + 10) + part[16:]
                if name == b"iprp":
                    (_, properties), (_, links) = boxes(part)
                    number = len(list(boxes(properties))) + 1
                    properties += box(b"irot", bytes([quarters]))
                    links = links[:10] + bytes([links[10] + 1]) + links[11:] + bytes([0x80 | number])
                    part = box(b"ipco", properties) + box(b"ipma", links)
                inner += box(name, part)
            body = inner
        out += box(kind, body)
    return out


folder.mkdir(exist_ok=True)
y, x = np.mgrid[0:64, 0:64]
encode(folder / "plain.heic", np.stack([x * 4, y * 4, (x + y) * 2], -1).astype(np.uint8))
(folder / "turned.heic").write_bytes(turned((folder / "plain.heic").read_bytes(), 1))
