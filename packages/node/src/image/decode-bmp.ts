/**
 * @file Windows bitmaps, to the byte as Pillow gives them: 1, 4, 8, 16, 24 and 32 bits a pixel, run
 * lengths, bit fields, either direction of the rows. libvips as sharp builds it does not read them.
 *
 * Sources: Microsoft, "Bitmap Storage"; Pillow's BmpImagePlugin.py.
 */
import type { RawPixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import { unpackRuns } from "./bmp-runs.js";
import type { CheckSize } from "./limits.js";

interface Header {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly packing: number;
  /** Blue, green, red and a byte more of each color, or those three alone. */
  readonly colors: Uint8Array;
  readonly colorBytes: 3 | 4;
  /** The bits of red, green, blue and alpha in a pixel of 16 bits or more. */
  readonly masks: readonly number[];
  /** Where the pixels begin. */
  readonly at: number;
}

const packings = ["none", "RLE8", "RLE4", "bit fields", "JPEG", "PNG"];
const headerSizes = [12, 40, 52, 56, 64, 108, 124];

/** RGB or RGBA of a bitmap. Throws an error with the reason when its pixels are not all there. */
export function decodeBmp(bytes: Uint8Array, checkSize: CheckSize): RawPixels {
  const header = readHeader(bytes);
  const { width, height, bits, masks } = header;
  if (width === 0 || height === 0) throw new Error(`a picture of ${width}x${height}`);
  checkSize(width, height);
  const channels = bits > 8 && masks[3] ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  const writeRow = bits > 8 ? deepRow(header, channels) : indexedRow(header);
  const isRun = header.packing === 1 || header.packing === 2;
  const rowBytes = isRun ? width : Math.ceil((width * bits) / 32) * 4;
  const pixels = isRun ? unpackRuns(bytes, header) : bytes.subarray(header.at);
  const needed = rowBytes * (height - 1) + (isRun ? width : Math.ceil((width * bits) / 8));
  if (pixels.length < needed) throw new Error(`an end after ${bytes.length} bytes`);
  for (let line = 0; line < height; line++) {
    const row = header.isTopDown ? line : height - 1 - line;
    writeRow(
      pixels.subarray(line * rowBytes),
      data.subarray(row * width * channels, (row + 1) * width * channels),
    );
  }
  return { width, height, channels, data };
}

function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < 26) throw new Error(`an end after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = view.getUint32(14, true);
  if (!headerSizes.includes(size)) throw new Error(`a header of ${size} bytes`);
  if (bytes.length < 14 + size) throw new Error(`an end after ${bytes.length} bytes`);
  const isShort = size === 12;
  const word = (at: number) =>
    isShort ? view.getUint16(18 + at / 2, true) : view.getInt32(18 + at, true);
  const bits = view.getUint16(isShort ? 24 : 28, true);
  const packing = isShort ? 0 : view.getUint32(30, true);
  if (!(packing < 4) || (packing === 3 && size === 64)) {
    throw new Error(`compression ${packings[packing] ?? packing}`);
  }
  const fits = packing === 0 ? [1, 4, 8, 16, 24, 32] : [[], [8], [4], [16, 24, 32]][packing];
  if (!fits?.includes(bits)) {
    throw new Error(`${bits} bits a pixel with compression ${packings[packing]}`);
  }
  const hasMasksBehind = packing === 3 && size === 40;
  const count = (!isShort && view.getUint32(46, true)) || 1 << bits;
  const colorsAt = 14 + size + (hasMasksBehind ? 12 : 0);
  const colorBytes = isShort ? 3 : 4;
  const colorsEnd = bits <= 8 ? colorsAt + colorBytes * Math.min(count, 256) : colorsAt;
  const at = view.getUint32(10, true);
  return {
    width: word(0),
    height: Math.abs(word(4)),
    isTopDown: word(4) < 0,
    bits,
    packing,
    colors: bytes.subarray(colorsAt, colorsEnd),
    colorBytes,
    masks: packing === 3 ? masksOf(view, size, bits) : bits === 16 ? fiveBits : eightBits,
    at: at <= 14 + size ? colorsEnd : at, // some writers count no colors
  };
}

const fiveBits = [0x7c00, 0x3e0, 0x1f];
const eightBits = [0xff0000, 0xff00, 0xff];

function masksOf(view: DataView, headerSize: number, bits: number): number[] {
  const count = headerSize >= 56 ? 4 : 3;
  if (view.byteLength < 54 + 4 * count) throw new Error(`an end after ${view.byteLength} bytes`);
  const masks = Array.from({ length: count }, (_, i) => view.getUint32(54 + 4 * i, true));
  if (masks.slice(0, 3).every((mask) => mask !== 0)) return masks;
  if (bits === 32 && masks.every((mask) => mask === 0)) return [...eightBits, 0xff000000];
  throw new Error(`bit fields ${masks.map((mask) => mask.toString(16)).join(" ")}`);
}

type WriteRow = (from: Uint8Array, to: Uint8Array) => void;

/** Pixels that are indices of colors; runs have one a byte already. */
function indexedRow({ bits, packing, colors, colorBytes, width }: Header): WriteRow {
  const size = packing === 0 ? bits : 8;
  const mask = (1 << size) - 1;
  return (from, to) => {
    for (let x = 0; x < width; x++) {
      const bit = x * size;
      const index = ((from[bit >> 3] as number) >> (8 - size - (bit & 7))) & mask;
      for (let c = 0; c < 3; c++) to[3 * x + c] = colors[index * colorBytes + 2 - c] ?? 0;
    }
  };
}

/** Pixels that are numbers, of which each channel has some bits; stretched to 0..255. */
function deepRow({ bits, masks, width }: Header, channels: number): WriteRow {
  const parts = masks.slice(0, channels).map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { shift, most: mask >>> shift };
  });
  const size = bits / 8;
  return (from, to) => {
    for (let x = 0, o = 0; x < width; x++) {
      let value = 0;
      for (let i = size - 1; i >= 0; i--) value = (value << 8) | (from[x * size + i] as number);
      for (const { shift, most } of parts) {
        const level = (value >>> shift) & most;
        to[o++] = most === 255 || most === 0 ? level : Math.floor((level * 255) / most);
      }
    }
  };
}
