/**
 * @file Bitmaps packed as run lengths: pairs of a count and a color, or an escape: the end of a row
 * or of the picture, a jump, or so many pixels as they are. Source: Microsoft, "Bitmap Compression".
 */

/** What of the header is needed here; `packing` 1 has one color a byte, 2 has two. */
export interface RunHeader {
  readonly width: number;
  readonly height: number;
  readonly packing: number;
  readonly at: number;
}

/** One index a byte, in the order of the file. What is missing at the end is missing in the result. */
export function unpackRuns(
  bytes: Uint8Array,
  { width, height, packing, at }: RunHeader,
): Uint8Array {
  const out = new Uint8Array(width * height);
  const isNibbles = packing === 2;
  let o = 0;
  let x = 0;
  let i = at;
  while (o < out.length && i + 1 < bytes.length) {
    const count = bytes[i] as number;
    const value = bytes[i + 1] as number;
    i += 2;
    if (count > 0) {
      const end = Math.min(o + Math.min(count, width - x), out.length);
      x += end - o;
      for (let n = 0; o < end; n++)
        out[o++] = isNibbles ? (n % 2 ? value & 15 : value >> 4) : value;
    } else if (value === 0) {
      if (x < width) o += width - x;
      x = 0;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      const [right = 0, up = 0] = bytes.subarray(i, i + 2);
      i += 2;
      o += right + up * width;
      x = o % width;
    } else {
      const size = isNibbles ? (value + 1) >> 1 : value;
      if (i + size > bytes.length) break;
      for (let n = 0; n < value && o < out.length; n++) {
        const packed = bytes[i + (isNibbles ? n >> 1 : n)] as number;
        out[o++] = isNibbles ? (n % 2 ? packed & 15 : packed >> 4) : packed;
      }
      x += value;
      i += size + (size & 1);
    }
  }
  return out.subarray(0, o);
}
