"""Writes test/golden/odd-photos.json: small image files of every kind, whole and damaged, with what
Pillow makes of them: the SHA-256 of the RGB bytes, or that it refuses the file.

TIFF and BMP are written here byte by byte, since no library writes all that readers meet.

Needs Python with Pillow (AVIF among its features) and NumPy.
Run from the repository: python scripts/python/make-odd-photos.py
"""

import base64
import hashlib
import io
import json
import pathlib
import struct
import warnings
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps

warnings.simplefilter("ignore")
height, width = 17, 21
y, x = np.mgrid[0:height, 0:width]
rgb = np.stack([x * 9, y * 11, (x * 37 + y * 91) % 256], -1).astype(np.uint8)
alpha = (x * 29 % 256).astype(np.uint8)[..., None]
rgba = np.concatenate([rgb, alpha], -1)
grey = rgb[..., 2:]
picture = Image.fromarray(rgb)
palette = picture.quantize(16)
files = {}

types = {"B": 1, "H": 3, "L": 4}


def tiff(planes, bits, color, *, order="<", tile=None, apart=False, deflate=False, kind=1, more={}):
    """A TIFF of samples [height, width, channels] as they are, in strips of five rows or in tiles."""
    channels = planes.shape[2]

    def pack(block):
        if bits < 8:
            rows = []
            for row in block.reshape(len(block), -1).astype(int):
                text = "".join(format(v, f"0{bits}b") for v in row)
                text += "0" * (-len(text) % 8)
                rows.append(int(text, 2).to_bytes(len(text) // 8, "big"))
            raw = b"".join(rows)
        else:
            letter = {1: "u", 2: "i", 3: "f"}[kind]
            raw = block.astype(np.dtype(f"{letter}{bits // 8}").newbyteorder(order)).tobytes()
        return zlib.compress(raw) if deflate else raw

    def blocks(plane):
        if not tile:
            return [plane[r : r + 5] for r in range(0, height, 5)]
        padded = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)))
        return [
            padded[r : r + tile, c : c + tile]
            for r in range(0, padded.shape[0], tile)
            for c in range(0, padded.shape[1], tile)
        ]

    parts = [planes[..., i : i + 1] for i in range(channels)] if apart else [planes]
    chunks = [pack(block) for part in parts for block in blocks(part)]
    places = [8 + sum(map(len, chunks[:i])) for i in range(len(chunks))]
    tags = {256: ("L", [width]), 257: ("L", [height]), 258: ("H", [bits] * channels)}
    tags |= {259: ("H", [8 if deflate else 1]), 262: ("H", [color]), 277: ("H", [channels])}
    tags |= {284: ("H", [2 if apart else 1]), 339: ("H", [kind] * channels)}
    if tile:
        tags |= {322: ("L", [tile]), 323: ("L", [tile]), 324: ("L", places)}
        tags |= {325: ("L", list(map(len, chunks)))}
    else:
        tags |= {273: ("L", places), 278: ("L", [5]), 279: ("L", list(map(len, chunks)))}
    tags |= more
    data = b"".join(chunks)
    data += b"\0" * (len(data) % 2)
    start = 8 + len(data)
    behind = start + 2 + 12 * len(tags) + 4
    entries, extra = b"", b""
    for tag, (letter, values) in sorted(tags.items()):
        raw = struct.pack(f"{order}{len(values)}{letter}", *values)
        inline = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack(f"{order}L", behind + len(extra))
        extra += b"" if len(raw) <= 4 else raw + b"\0" * (len(raw) % 2)
        entries += struct.pack(f"{order}HHL", tag, types[letter], len(values)) + inline
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HL", 42, start)
    count = struct.pack(f"{order}H", len(tags))
    return head + data + count + entries + struct.pack(f"{order}L", 0) + extra


def bmp(bits, rows, *, colors=b"", packing=0, header=40, masks=(), down=False):
    """A bitmap of rows of bytes as they stand in the file."""
    body = b"".join(rows)
    if header == 12:
        head = struct.pack("<LHHHH", 12, width, height, 1, bits)
    else:
        used = len(colors) // 4
        head = struct.pack("<LllHH", header, width, -height if down else height, 1, bits)
        head += struct.pack("<LLllLL", packing, len(body), 2835, 2835, used, 0)
        head += struct.pack(f"<{len(masks)}L", *masks)
        head = head.ljust(header, b"\0")
    at = 14 + len(head) + len(colors)
    return b"BM" + struct.pack("<LLL", at + len(body), 0, at) + head + colors + body


def padded(row):
    return row + b"\0" * (-len(row) % 4)


def saved(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


# TIFF
colors3 = [(i * 71 % 256) * 257 for i in range(3 * 256)]
for order, end in (("<", "little"), (">", "big")):
    o = {"order": order}
    wide = rgb.astype(int) * 257
    files[f"tiff rgb {end}"] = tiff(rgb, 8, 2, **o)
    files[f"tiff rgb 16 bits {end}"] = tiff(wide, 16, 2, **o)
    files[f"tiff rgb tiles {end}"] = tiff(rgb, 8, 2, tile=16, **o)
    files[f"tiff rgb deflate tiles {end}"] = tiff(rgb, 8, 2, tile=16, deflate=True, **o)
    files[f"tiff rgb apart {end}"] = tiff(rgb, 8, 2, apart=True, **o)
    files[f"tiff rgb apart tiles {end}"] = tiff(rgb, 8, 2, apart=True, tile=16, **o)
    files[f"tiff rgba {end}"] = tiff(rgba, 8, 2, more={338: ("H", [2])}, **o)
    files[f"tiff rgba premultiplied {end}"] = tiff(rgba, 8, 2, more={338: ("H", [1])}, **o)
    for bits in (1, 2, 4, 8):
        low = grey.astype(int) * ((1 << bits) - 1) // 255
        files[f"tiff grey {bits} bits {end}"] = tiff(low, bits, 1, **o)
        files[f"tiff grey {bits} bits, white is 0, {end}"] = tiff(low, bits, 0, **o)
        some = [colors3[256 * c + i] for c in range(3) for i in range(1 << bits)]
        files[f"tiff palette {bits} bits {end}"] = tiff(low, bits, 3, more={320: ("H", some)}, **o)
    files[f"tiff palette without colors {end}"] = tiff(grey, 8, 3, **o)
    files[f"tiff cmyk {end}"] = tiff(rgba, 8, 5, **o)
    files[f"tiff cmyk 16 bits {end}"] = tiff(rgba.astype(int) * 257, 16, 5, **o)
    files[f"tiff ycbcr {end}"] = tiff(rgb, 8, 6, deflate=True, more={530: ("H", [1, 1])}, **o)
    files[f"tiff lab {end}"] = tiff(rgb, 8, 8, **o)
    files[f"tiff float {end}"] = tiff(grey / 255, 32, 1, kind=3, **o)
    files[f"tiff signed {end}"] = tiff(grey.astype(int) - 128, 16, 1, kind=2, **o)
    files[f"tiff color filter {end}"] = tiff(grey, 8, 32803, **o)
    files[f"tiff turned {end}"] = tiff(rgb, 8, 2, more={274: ("H", [6])}, **o)
    files[f"tiff turned by 0 {end}"] = tiff(rgb, 8, 2, more={274: ("H", [0])}, **o)
for packing in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma"):
    files[f"tiff {packing}"] = saved(picture, "TIFF", compression=packing)
for packing in ("group3", "group4", "tiff_ccitt"):
    files[f"tiff {packing}"] = saved(picture.convert("1"), "TIFF", compression=packing)
pages = {"save_all": True, "append_images": [picture.rotate(90)]}
files["tiff pages"] = saved(picture, "TIFF", **pages)
plain = tiff(rgb, 8, 2)
entry = plain.index(struct.pack("<HHL", 259, 3, 1)) + 8
for code in (2, 3, 4, 5, 6, 7, 8, 32809, 34676, 34712, 34887, 34925, 50000, 50001, 50002, 9999):
    if code != 50001:  # Pillow as its wheels come has no WebP in TIFF
        files[f"tiff that claims compression {code}"] = (
            plain[:entry] + struct.pack("<H", code) + plain[entry + 2 :]
        )

# BMP
bgr = rgb[..., ::-1]
index = np.array(palette)
table = bytes(palette.getpalette()[:48])
table4 = b"".join(bytes([table[i + 2], table[i + 1], table[i], 0]) for i in range(0, 48, 3))
table3 = b"".join(bytes([table[i + 2], table[i + 1], table[i]]) for i in range(0, 48, 3))
rows24 = [padded(row.tobytes()) for row in bgr[::-1]]
files["bmp 24 bits"] = bmp(24, rows24)
files["bmp 24 bits from the top"] = bmp(24, rows24[::-1], down=True)
files["bmp 24 bits of OS/2"] = bmp(24, rows24, header=12)
files["bmp 24 bits, header 124"] = bmp(24, rows24, header=124)
rows8 = [padded(row.tobytes()) for row in index[::-1].astype(np.uint8)]
files["bmp 8 bits"] = bmp(8, rows8, colors=table4)
files["bmp 8 bits of OS/2"] = bmp(8, rows8, colors=table3.ljust(768, b"\0"), header=12)
files["bmp 8 bits, too few colors"] = bmp(8, rows8, colors=table4[:20])
nibbles = [
    padded(bytes((a << 4) | b for a, b in zip(row[::2], [*row[1::2], 0]))) for row in index[::-1]
]
files["bmp 4 bits"] = bmp(4, nibbles, colors=table4)
ones = [padded(np.packbits(row).tobytes()) for row in (grey[::-1, :, 0] > 128)]
files["bmp 1 bit"] = bmp(1, ones, colors=bytes([0, 0, 255, 0, 255, 255, 0, 0]))
five = (rgb >> 3).astype(int)
rows15 = [padded(((r[:, 0] << 10) | (r[:, 1] << 5) | r[:, 2]).astype("<u2").tobytes()) for r in five[::-1]]
files["bmp 16 bits"] = bmp(16, rows15)
green6 = (rgb[..., 1] >> 2).astype(int)
words = ((five[..., 0] << 11) | (green6 << 5) | five[..., 2]).astype("<u2")
rows16 = [padded(row.tobytes()) for row in words[::-1]]
files["bmp 16 bits, 5-6-5"] = bmp(
    16, [struct.pack("<3L", 0xF800, 0x7E0, 0x1F), *rows16], packing=3
).replace(struct.pack("<L", 54), struct.pack("<L", 66), 1)
files["bmp 16 bits, 5-6-5, header 56"] = bmp(
    16, rows16, packing=3, header=56, masks=(0xF800, 0x7E0, 0x1F, 0)
)
quads = [row.tobytes() for row in rgba[::-1][..., [2, 1, 0, 3]]]
files["bmp 32 bits"] = bmp(32, quads)
files["bmp 32 bits with alpha"] = bmp(
    32, quads, packing=3, header=108, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)
)
runs = [bytes(v for i in range(0, width, 3) for v in (3, row[i])) + b"\0\0" for row in index[::-1]]
files["bmp run lengths"] = bmp(8, [*runs, b"\0\1"], colors=table4, packing=1)
whole = [bytes([0, width]) + row[:width] + b"\0" * (width % 2) + b"\0\0" for row in rows8]
files["bmp pixels as they are"] = bmp(8, [*whole, b"\0\1"], colors=table4, packing=1)
runs4 = [bytes(v for i in range(0, width, 3) for v in (3, row[i] * 17)) + b"\0\0" for row in index]
files["bmp run lengths of 4 bits"] = bmp(4, [*runs4, b"\0\1"], colors=table4, packing=2)
files["bmp runs with a jump"] = bmp(
    8, [*runs[:8], b"\0\2\0\3", *runs[11:], b"\0\1"], colors=table4, packing=1
)
files["bmp runs without an end"] = bmp(8, runs, colors=table4, packing=1)
files["bmp of PNG"] = bmp(24, rows24, packing=5)
files["bmp of 5 bits"] = bmp(5, rows24)

# GIF
files["gif"] = saved(palette, "GIF")
files["gif interlaced"] = saved(palette, "GIF", interlace=1)
files["gif of frames"] = saved(palette, "GIF", save_all=True, append_images=[palette.rotate(90)])
files["gif transparent"] = saved(palette, "GIF", transparency=3)
files["gif grey"] = saved(picture.convert("L"), "GIF")
files["gif black and white"] = saved(picture.convert("1"), "GIF")
gif = files["gif"]
screen = struct.pack("<HH", width, height)
files["gif on a larger screen"] = gif[:6] + struct.pack("<HH", 40, 30) + gif[10:]
files["gif on a smaller screen"] = gif[:6] + struct.pack("<HH", 5, 5) + gif[10:]
clear = files["gif transparent"]
files["gif transparent on a larger screen"] = clear[:6] + struct.pack("<HH", 40, 30) + clear[10:]
files["gif without colors"] = gif[:10] + bytes([gif[10] & 0x7F]) + gif[11:13] + gif[13 + 48 :]
files["gif without a picture"] = gif[: 13 + 48] + b";"

# The others
for name, image in (("rgb", picture), ("grey", picture.convert("L")), ("cmyk", picture.convert("CMYK"))):
    files[f"jpeg {name}"] = saved(image, "JPEG", quality=90)
files["jpeg progressive"] = saved(picture, "JPEG", progressive=True)
files["jpeg with restarts"] = saved(picture, "JPEG", restart_marker_blocks=1)
files["jpeg of two pictures"] = saved(picture, "MPO", **pages)
for name, image in (("rgb", picture), ("palette", palette), ("rgba", Image.fromarray(rgba))):
    files[f"png {name}"] = saved(image, "PNG")
    files[f"webp {name}"] = saved(image.convert("RGBA"), "WEBP", lossless=True)
files["png of frames"] = saved(picture, "PNG", **pages)
files["webp lossy"] = saved(picture, "WEBP")
files["webp of frames"] = saved(picture, "WEBP", lossless=True, **pages)
files["avif grey"] = saved(picture.convert("L"), "AVIF")
files["avif of frames, grey"] = saved(
    picture.convert("L"), "AVIF", save_all=True, append_images=[picture.convert("L").rotate(90)]
)

# Each damaged: bytes from `start` to `end` replaced by others
whole = list(files.items())
edits = []


def damage(name, what, start, end, by=b""):
    data = files[name]
    edits.append((f"{name}, {what}", name, start, min(end, len(data)), by[: len(data) - start]))


often = ("png rgb", "jpeg rgb", "webp lossy", "gif", "avif grey", "tiff tiff_lzw", "tiff jpeg")
for name, data in whole:
    size, half = len(data), len(data) // 2
    if name.startswith(("bmp 8 bits, too few", "tiff that claims", "gif without", "bmp of")):
        continue
    damage(name, "cut", size * 6 // 10, size)
    if name in often:
        for tenths in (2, 3, 5, 7, 9):
            damage(name, f"cut at 0.{tenths}", size * tenths // 10, size)
        edits.append((f"{name}, more behind it", name, size, size, b"more" * 9))
        damage(name, "without a part", half, half + 31)
        for part in (4, 5, 6):
            at = size * part // 8
            damage(name, f"a bit flipped in eighth {part}", at, at + 1, bytes([data[at] ^ 16]))
    if not name.startswith(("bmp", "tiff rgb", "tiff grey", "tiff palette", "tiff cmyk")):
        damage(name, "40 bytes 0", half, half + 40, bytes(40))
        damage(name, "40 bytes 255", half, half + 40, b"\xff" * 40)
damage("png rgb", "another width", 19, 20, bytes([width - 1]))


def verdict(data):
    """What Pillow makes of the bytes of a file."""
    try:
        made = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        return {"size": made.size, "sha256": hashlib.sha256(made.tobytes()).hexdigest()}
    except Exception as error:
        return {"error": type(error).__name__}


cases = []
for name, data in whole:
    packed = base64.b64encode(zlib.compress(data, 9)).decode()
    cases.append({"name": name, "deflated": packed, **verdict(data)})
for name, of, start, end, by in edits:
    data = files[of][:start] + by + files[of][end:]
    cases.append({"name": name, "of": of, "splice": [start, end, by.hex()], **verdict(data)})
lines = ",\n".join("    " + json.dumps(case) for case in cases)
made_with = json.dumps({"pillow": PIL.__version__})
text = f'{{\n  "madeWith": {made_with},\n  "cases": [\n{lines}\n  ]\n}}\n'
pathlib.Path("test/golden/odd-photos.json").write_text(text)
print(len(cases), "cases")
