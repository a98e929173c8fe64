"""Writes the goldens of training-time augmentation, from the programs that define it.

test/golden/augment-color.json  tf.image.adjust_* with fixed amounts, alone and in slim's orders
test/golden/augment-crop.json   deciles of 20000 draws of tf.image.sample_distorted_bounding_box
test/golden/rand-augment.json   timm's operations of RandAugment on Pillow images, as SHA-256

Pictures are not stored: both sides make them from an integer hash (test/golden/pixels-by-hash.ts).

Needs Python with Pillow, timm and TensorFlow.
Run from the repository: python scripts/python/make-augment-goldens.py
"""

import hashlib
import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import PIL
import tensorflow as tf
import timm
import timm.data.auto_augment as timm_ops
from PIL import Image

golden = pathlib.Path("test/golden")


def hash_image(width, height, seed):
    """RGB noise; every third seed is black and white only."""
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


def dull_image(width, height, seed):
    """The same, of less contrast, each channel of its own."""
    levels = hash_image(width, height, seed).astype(np.uint32)
    return (30 + ((levels * np.array([2, 3, 4], np.uint32)) >> 3)).astype(np.uint8)


def write(name, made_with, cases):
    lines = ",\n".join("    " + json.dumps(case) for case in cases)
    text = f'{{\n  "madeWith": {json.dumps(made_with)},\n  "cases": [\n{lines}\n  ]\n}}\n'
    (golden / name).write_text(text)
    print(name, len(cases), "cases")


changes = {
    "brightness": lambda x, amount: tf.image.adjust_brightness(x, amount),
    "saturation": lambda x, amount: tf.image.adjust_saturation(x, amount),
    "hue": lambda x, amount: tf.image.adjust_hue(x, amount),
    "contrast": lambda x, amount: tf.image.adjust_contrast(x, amount),
}


def color_cases():
    amounts = {
        "brightness": [-32 / 255, 0.1],
        "saturation": [0.5, 0, 1.5, 3],
        "hue": [-0.2, 0.2, -0.03, 0.4],
        "contrast": [0.5, 1.5],
    }
    steps = [[[name, amount]] for name in amounts for amount in amounts[name]]
    for order in (
        ["brightness", "saturation", "hue", "contrast"],
        ["saturation", "brightness", "contrast", "hue"],
        ["contrast", "hue", "brightness", "saturation"],
        ["hue", "saturation", "contrast", "brightness"],
        ["saturation", "brightness"],
    ):
        for at in (0, 1):
            steps.append([[name, amounts[name][at]] for name in order])
    for seed, case in enumerate(steps):
        # A little below black and above white, greys and plain colors among them.
        x = hash_image(5, 4, seed).astype(np.float32) / np.float32(200) - np.float32(0.1)
        x[0, 0] = 0.25
        x[0, 1] = [0.75, 0.75, 0.5]
        x[0, 2] = [-0.1, -0.05, -0.02]
        x[0, 3] = 0
        y = tf.constant(x)
        for name, amount in case:
            y = changes[name](y, amount)
        yield {
            "changes": case,
            "input": x.transpose(2, 0, 1).reshape(-1).tolist(),
            "output": y.numpy().transpose(2, 0, 1).reshape(-1).tolist(),
        }


def crop_cases():
    tf.random.set_seed(20160223)
    box = tf.constant([0, 0, 1, 1], tf.float32, shape=[1, 1, 4])
    for width, height, area, covered in [
        (500, 375, [0.05, 1.0], 0.1),
        (160, 213, [0.05, 1.0], 0.1),
        (900, 150, [0.05, 1.0], 0.1),
        (213, 160, [0.35, 1.0], 0.0),
        (300, 300, [0.05, 0.3], 0.0),
    ]:
        draws = []
        for _ in range(20000):
            begin, size, _box = tf.image.sample_distorted_bounding_box(
                [height, width, 3],
                bounding_boxes=box,
                min_object_covered=covered,
                aspect_ratio_range=[0.75, 1.33],
                area_range=area,
                max_attempts=100,
                use_image_if_no_bounding_boxes=True,
            )
            y, x, _ = begin.numpy()
            high, wide, _ = size.numpy()
            draws.append([wide, high, x, y, wide / high])
        deciles = np.percentile(np.array(draws, np.float64), np.arange(10, 100, 10), axis=0)
        names = ["width", "height", "x", "y", "aspect"]
        yield {
            "from": [width, height],
            "area": area,
            "covered": covered,
            "deciles": {
                name: [round(float(v), 4) for v in deciles[:, i]] for i, name in enumerate(names)
            },
        }


# The names of the paper, and timm's names of the same with rising strength.
operations = {
    "AutoContrast": "AutoContrast",
    "Equalize": "Equalize",
    "Invert": "Invert",
    "Rotate": "Rotate",
    "Posterize": "PosterizeIncreasing",
    "Solarize": "SolarizeIncreasing",
    "SolarizeAdd": "SolarizeAdd",
    "Color": "ColorIncreasing",
    "Contrast": "ContrastIncreasing",
    "Brightness": "BrightnessIncreasing",
    "Sharpness": "SharpnessIncreasing",
    "ShearX": "ShearX",
    "ShearY": "ShearY",
    "TranslateX": "TranslateXRel",
    "TranslateY": "TranslateYRel",
}
sizes = [(1, 1), (2, 3), (3, 3), (37, 23), (64, 48), (139, 139)]
makers = {"hash": hash_image, "dull": dull_image}


def rand_augment_cases():
    for name, timm_name in operations.items():
        level_of = timm_ops.LEVEL_TO_ARG[timm_name]
        for magnitude in [0, 1, 4.5, 7, 9, 10] if level_of else [9]:
            for sign in [1, -1] if level_of else [1]:
                timm_ops._randomly_negate = lambda value: sign * value
                arguments = level_of(magnitude, {}) if level_of else ()
                results = []
                for maker in makers:
                    for seed, (width, height) in enumerate(sizes):
                        image = Image.fromarray(makers[maker](width, height, seed))
                        out = timm_ops.NAME_TO_OP[timm_name](
                            image,
                            *arguments,
                            fillcolor=(124, 116, 104),
                            resample=Image.Resampling.BILINEAR,
                        )
                        results.append(np.asarray(out).tobytes())
                yield {
                    "operation": name,
                    "level": magnitude / 10,
                    "sign": sign,
                    "sha256": [hashlib.sha256(result).hexdigest()[:16] for result in results],
                }


write("augment-color.json", {"tensorflow": tf.__version__}, list(color_cases()))
write(
    "rand-augment.json",
    {"pillow": PIL.__version__, "timm": timm.__version__},
    list(rand_augment_cases()),
)
write("augment-crop.json", {"tensorflow": tf.__version__}, list(crop_cases()))
