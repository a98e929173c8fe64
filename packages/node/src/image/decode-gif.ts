/**
 * @file The first frame of a GIF, to the byte as Pillow gives it: the rest of the canvas is of the
 * transparent color, or of the first one; colors beyond the table are black, and greys without one.
 *
 * Decoded here and not by libvips, which fills up with black what a damaged file lacks, and paints
 * transparent pixels black. Source: GIF89a specification, CompuServe 1990; Pillow's GifDecode.c.
 */
import type { RawPixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import { unpackLzw } from "./gif-lzw.js";
import type { CheckSize } from "./limits.js";

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly isInterlaced: boolean;
  readonly colors: Uint8Array | undefined;
  /** Index of the transparent color. */
  readonly transparent: number | undefined;
  /** Where the compressed pixels begin. */
  readonly at: number;
}

/** RGBA of the first frame. Throws an error with the reason when its pixels are not all there. */
export function decodeGif(bytes: Uint8Array, checkSize: CheckSize): RawPixels {
  const frame = findFrame(bytes);
  const width = Math.max(u16(bytes, 6), frame.left + frame.width);
  const height = Math.max(u16(bytes, 8), frame.top + frame.height);
  if (frame.width * frame.height === 0) throw new Error("a first frame without pixels");
  checkSize(width, height);
  const indices = new Uint8Array(width * height).fill(frame.transparent ?? 0);
  const lines = unpackLzw(bytes, frame.at, frame.width * frame.height);
  for (let line = 0; line < frame.height; line++) {
    const row = frame.isInterlaced ? interlacedRow(line, frame.height) : line;
    const from = lines.subarray(line * frame.width, (line + 1) * frame.width);
    indices.set(from, (frame.top + row) * width + frame.left);
  }
  const { colors } = frame;
  const data = new Uint8Array(4 * indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    for (let c = 0; c < 3; c++) data[4 * i + c] = colors ? (colors[3 * index + c] ?? 0) : index;
    data[4 * i + 3] = index === frame.transparent ? 0 : 255;
  }
  return { width, height, channels: 4, data };
}

/** The head of the first frame: blocks before it tell no more than its transparent color. */
function findFrame(bytes: Uint8Array): Frame {
  const screen = colorTable(bytes, 13, byte(bytes, 10));
  let transparent: number | undefined;
  for (let at = 13 + screen.length; ; ) {
    const kind = byte(bytes, at++);
    if (kind === 0x21) {
      const label = byte(bytes, at++);
      const isControl = label === 0xf9 && byte(bytes, at) >= 4;
      if (isControl && (byte(bytes, at + 1) & 1) === 1) transparent = byte(bytes, at + 4);
      while (byte(bytes, at) > 0) at += 1 + byte(bytes, at);
      at++;
    } else if (kind === 0x2c) {
      const flags = byte(bytes, at + 8);
      const own = colorTable(bytes, at + 9, flags);
      const colors = own.length > 0 ? own : screen;
      return {
        ...{ left: u16(bytes, at), top: u16(bytes, at + 2) },
        ...{ width: u16(bytes, at + 4), height: u16(bytes, at + 6) },
        isInterlaced: (flags & 0x40) !== 0,
        colors: colors.length > 0 ? colors : undefined,
        transparent,
        at: at + 9 + own.length,
      };
    } else if (kind === 0x3b) {
      throw new Error("no picture in it");
    }
  }
}

function colorTable(bytes: Uint8Array, at: number, flags: number): Uint8Array {
  return flags & 0x80 ? bytes.subarray(at, at + 3 * (2 << (flags & 7))) : new Uint8Array();
}

/** Where a line belongs: every eighth row, then those between, in four passes. */
function interlacedRow(line: number, height: number): number {
  let rest = line;
  for (const [start, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const) {
    const rows = Math.max(0, Math.ceil((height - start) / step));
    if (rest < rows) return start + step * rest;
    rest -= rows;
  }
  return line;
}

function u16(bytes: Uint8Array, at: number): number {
  return byte(bytes, at) | (byte(bytes, at + 1) << 8);
}

function byte(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw new Error(`an end after ${bytes.length} bytes`);
  return value;
}
