"""Writes the goldens of the pixel pipeline, from the programs that define it.

test/golden/resize-pillow.json      Image.resize of Pillow, four filters, sizes at random
test/golden/resize-tensorflow.json  tf.image.resize and tf.compat.v1.image.resize_bilinear
test/golden/pixels-preprocess.json  the presets: timm's, Keras' and slim's own code
test/golden/pixels-decode.json      what Pillow decodes, where ../shared holds photos and odd files

Pictures are not stored: both sides make them from an integer hash (test/golden/pixels-by-hash.ts).
Results are stored as SHA-256 of their bytes, floats as little-endian float32 with a few values.

Needs Python with Pillow, timm, TensorFlow and Keras.
Run from the repository: python scripts/python/make-pixel-goldens.py
"""

import hashlib
import json
import math
import os
import pathlib
import random

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import PIL
import tensorflow as tf
import timm
import torch
import torchvision
from PIL import Image, ImageOps
from timm.data import create_transform

random.seed(20160223)
golden = pathlib.Path("test/golden")


def hash_image(width, height, seed):
    """RGB noise; every third seed is black and white only, so that overshoot meets the clipping."""
    h = np.arange(width * height * 3, dtype=np.uint64) * 0x9E3779B1 + seed * 0x85EBCA6B
    h = h.astype(np.uint32)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x7FEB352D)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x846CA68B)
    h ^= h >> np.uint32(16)
    levels = h & np.uint32(255)
    if seed % 3 == 2:
        levels = np.where(levels > 127, 255, 0)
    return levels.astype(np.uint8).reshape(height, width, 3)


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def float_result(planes):
    """Hash of a float32 array and its values at eleven places."""
    flat = np.ascontiguousarray(planes, dtype="<f4").reshape(-1)
    places = np.linspace(0, flat.size - 1, 11).astype(int)
    return {"sha256": sha256(flat), "values": [float(v) for v in flat[places]]}


def chw(image):
    return np.ascontiguousarray(np.transpose(np.asarray(image), (2, 0, 1)))


def write(name, made_with, cases):
    lines = ",\n".join("    " + json.dumps(case) for case in cases)
    text = f'{{\n  "madeWith": {json.dumps(made_with)},\n  "cases": [\n{lines}\n  ]\n}}\n'
    (golden / name).write_text(text)
    print(name, len(cases), "cases")


def side():
    return round(math.exp(random.uniform(0, math.log(420))))


def sizes():
    """In and out sizes: corner cases first, then at random from 1 to 420 pixels a side."""
    yield from [
        (1, 1, 1, 1), (1, 1, 7, 5), (7, 5, 1, 1), (1, 400, 3, 3), (400, 1, 3, 3), (2, 2, 3, 3),
        (50, 40, 50, 40), (50, 40, 50, 13), (50, 40, 50, 97), (50, 40, 13, 40), (50, 40, 97, 40),
        (900, 3, 2, 300), (3, 900, 300, 2), (160, 213, 333, 443), (213, 160, 443, 333),
        (640, 480, 444, 333), (1000, 750, 299, 299), (299, 299, 333, 333), (333, 333, 299, 299),
    ]
    while True:
        yield side(), side(), side(), side()


filters = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}


def resize_cases():
    for name, filter in filters.items():
        for seed, (width, height, out_width, out_height) in zip(range(80), sizes()):
            image = Image.fromarray(hash_image(width, height, seed))
            out = image.resize((out_width, out_height), filter)
            yield {
                "filter": name,
                "seed": seed,
                "from": [width, height],
                "to": [out_width, out_height],
                "sha256": sha256(np.asarray(out)),
            }


def tensorflow_cases():
    for name in ["tensorflow", "tensorflow-legacy"]:
        for seed, (width, height, out_width, out_height) in zip(range(60), sizes()):
            image = hash_image(width, height, seed).astype(np.float32)
            size = [out_height, out_width]
            if name == "tensorflow":
                out = tf.image.resize(image, size, method="bilinear")
            else:
                out = tf.compat.v1.image.resize_bilinear(image[None], size, align_corners=False)[0]
            yield {
                "filter": name,
                "seed": seed,
                "from": [width, height],
                "to": [out_width, out_height],
                **float_result(chw(out)),
            }


def timm_preset(image, height, width, interpolation="bicubic"):
    transform = create_transform(
        input_size=(3, height, width),
        interpolation=interpolation,
        crop_pct=0.8975,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
    )
    return transform(Image.fromarray(image)).numpy()


def keras_preset(image, height, width):
    resized = tf.image.resize(image, [height, width], method="bilinear").numpy()
    return chw(keras.applications.inception_resnet_v2.preprocess_input(resized))


def slim_preset(image, height, width):
    """The steps of slim's preprocess_for_eval in inception_preprocessing.py."""
    x = tf.image.convert_image_dtype(tf.constant(image), dtype=tf.float32)
    x = tf.image.central_crop(x, central_fraction=0.875)
    x = tf.compat.v1.image.resize_bilinear(x[None], [height, width], align_corners=False)[0]
    return chw(tf.multiply(tf.subtract(x, 0.5), 2.0))


presets = {"timm": timm_preset, "keras": keras_preset, "slim": slim_preset}
photos = [
    (1, 1), (160, 213), (213, 160), (299, 299), (333, 333), (334, 333), (500, 375), (375, 500),
    (37, 412), (412, 37), (640, 481), (1200, 900), (901, 1203), (20, 19), (3, 1000), (257, 256),
]


def preprocess_cases():
    for preset, run in presets.items():
        for seed, (width, height) in enumerate(photos):
            for size in [299] if seed % 4 else [299, 75, 180]:
                yield preprocess_case(preset, run, seed, (width, height), (size, size))
    # For a size that is not square timm 1.0.29 forgets the filter and takes its default, bilinear.
    for seed, photo in enumerate(photos):
        case = preprocess_case("timm", timm_preset, seed, photo, (240, 320))
        yield {**case, "filter": "bilinear"}
        yield preprocess_case("keras", keras_preset, seed, photo, (320, 240))


def preprocess_case(preset, run, seed, photo, size):
    (width, height), (out_height, out_width) = photo, size
    planes = run(hash_image(width, height, seed), out_height, out_width)
    assert planes.shape == (3, out_height, out_width) and planes.dtype == np.float32
    return {
        "preset": preset,
        "seed": seed,
        "from": [width, height],
        "to": [out_width, out_height],
        **float_result(planes),
    }


def decode_cases(shared):
    """Every odd file, and one photo in 90."""
    Image.MAX_IMAGE_PIXELS = None
    odd = [file for file in (shared / "edge-cases").rglob("*.*") if file.suffix != ".md"]
    images = sorted((shared / "datasets").rglob("*.jpg"))[::90]
    for file in sorted(odd) + images:
        case = {"file": file.relative_to(shared).as_posix()}
        try:
            image = Image.open(file)
            if image.width * image.height > 100_000_000:
                raise ValueError("too large")
            image = ImageOps.exif_transpose(image)
            if image.mode.startswith("I;16"):  # convert() would clip at 255
                grey = (np.asarray(image).astype(int) >> 8).astype(np.uint8)
                image = Image.fromarray(grey)
            rgb = np.asarray(image.convert("RGB"))
        except Exception:
            yield {**case, "error": True}
            continue
        yield {**case, "size": [rgb.shape[1], rgb.shape[0]], "sha256": sha256(rgb)}


write("resize-pillow.json", {"pillow": PIL.__version__}, list(resize_cases()))
write("resize-tensorflow.json", {"tensorflow": tf.__version__}, list(tensorflow_cases()))
versions = {
    "pillow": PIL.__version__,
    "timm": timm.__version__,
    "torch": torch.__version__,
    "torchvision": torchvision.__version__.split("+")[0],
    "tensorflow": tf.__version__,
    "keras": keras.__version__,
}
write("pixels-preprocess.json", versions, list(preprocess_cases()))
shared = pathlib.Path("..") / "shared"
if shared.exists():
    write("pixels-decode.json", {"pillow": PIL.__version__}, list(decode_cases(shared)))
