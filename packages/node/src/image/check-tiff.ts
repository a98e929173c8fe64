/**
 * @file What of TIFF is read, asked before libvips decodes the first picture of a file: it gives black
 * or wrong colors without a word for much that it cannot decode.
 *
 * Source: TIFF 6.0, Adobe 1992; the tables of tags in libtiff's `tiff.h`.
 */
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";

const compressions: Readonly<Record<number, string>> = {
  6: "old-style JPEG",
  9: "JBIG",
  10: "JBIG",
  32766: "NeXT run lengths",
  32809: "ThunderScan",
  34661: "JBIG",
  34676: "SGI LogLuv",
  34677: "SGI LogLuv",
  34712: "JPEG 2000",
  33003: "JPEG 2000",
  33005: "JPEG 2000",
  34887: "LERC",
  34892: "lossy JPEG of a raw photo",
  34925: "LZMA",
  34933: "PNG",
  34934: "JPEG XR",
  50000: "Zstandard",
  50002: "JPEG XL",
  52546: "JPEG XL",
};
const readCompressions = new Set([1, 2, 3, 4, 5, 7, 8, 32773, 32946, 50001]);
const compressionList = "no compression, LZW, Deflate, PackBits, JPEG, CCITT or WebP";

const colors: Readonly<Record<number, string>> = {
  4: "a transparency mask",
  6: "YCbCr without JPEG",
  9: "ICC L*a*b*",
  10: "ITU L*a*b*",
  32803: "the color filter array of a raw photo",
  32844: "LogL",
  32845: "LogLuv",
  34892: "the linear samples of a raw photo",
};
const readColors = new Set([0, 1, 2, 3, 5, 6, 8]);

const sampleFormats = ["", "", "signed", "floating-point", "", "complex", "complex"];

/** What a decoder of pixels needs: size, samples, strips and tiles, the colors, which way is up. */
const pixelTags = new Set([
  ...[256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323],
  ...[324, 325, 332, 336, 338, 339, 347, 529, 530],
]);

const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/**
 * A file of the first page of a TIFF alone, so that damage to others takes no part. Throws
 * `InputError` when it is of a kind that is not decoded, and an error with the reason when it is cut off.
 */
export function firstPage(bytes: Uint8Array, name: string): Uint8Array {
  const directory = readDirectory(bytes);
  const { tags } = directory;
  const refuse = (expected: string, found: string): never => {
    const message = `Cannot decode image ${name}: expected a TIFF ${expected}, got ${found}`;
    throw new InputError("IMAGE_FORMAT", message);
  };
  const [compression = 1] = tags.get(259) ?? [];
  if (!readCompressions.has(compression)) {
    refuse(`with ${compressionList}`, compressions[compression] ?? `compression ${compression}`);
  }
  const [color = 1] = tags.get(262) ?? [];
  if (!readColors.has(color) || (color === 6 && compression !== 7)) {
    refuse(
      "of grey, RGB, a palette, CMYK, L*a*b* or JPEG",
      colors[color] ?? `color space ${color}`,
    );
  }
  const [bits = 1] = tags.get(258) ?? [];
  const [format = 1] = tags.get(339) ?? [];
  const kind = sampleFormats[format] ?? `format ${format}`;
  if (bits > 16 || kind !== "") {
    refuse(
      "of unsigned samples of at most 16 bits",
      `${bits}-bit ${kind} samples`.replace("  ", " "),
    );
  }
  if (color === 8 && bits !== 16) refuse("of 16 bits where it is L*a*b*", `${bits} bits`);
  if (tags.get(284)?.[0] === 2 && tags.has(322))
    refuse("whose separate color planes are in strips", "tiles");
  if (color === 3 && !tags.has(320)) throw new Error("a palette without its colors");
  return alone(bytes, directory);
}

interface Directory {
  readonly view: DataView;
  readonly isLittle: boolean;
  readonly isBig: boolean;
  /** Where its first entry stands, how many there are and how many bytes each has. */
  readonly first: number;
  readonly count: number;
  readonly entryBytes: number;
  /** The first whole numbers of each tag whose values are in the file. */
  readonly tags: ReadonlyMap<number, readonly number[]>;
}

/** A copy of the file whose only directory has what the pixels need, and no mistakes elsewhere. */
function alone(bytes: Uint8Array, directory: Directory): Uint8Array {
  const { view, isLittle, isBig, first, count, entryBytes, tags } = directory;
  const copy = new Uint8Array(bytes);
  const out = new DataView(copy.buffer);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const at = first + i * entryBytes;
    const tag = view.getUint16(at, isLittle);
    const [value = 0] = tags.get(tag) ?? [];
    const isWrong = tag === 274 && !(value >= 1 && value <= 8); // some writers put 0 for upright
    if (!pixelTags.has(tag) || !tags.has(tag) || isWrong) continue;
    copy.set(bytes.subarray(at, at + entryBytes), first + entryBytes * kept++);
  }
  if (isBig) out.setBigUint64(first - 8, BigInt(kept), isLittle);
  else out.setUint16(first - 2, kept, isLittle);
  const end = first + entryBytes * kept;
  return copy.fill(0, end, end + (isBig ? 8 : 4)); // no further page
}

/** The directory of the first page. Throws when the file ends before it does. */
function readDirectory(bytes: Uint8Array): Directory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = bytes[0] === 0x49;
  const isBig = (isLittle ? bytes[2] : bytes[3]) === 0x2b;
  const word = isBig ? 8 : 4;
  const place = (at: number) =>
    isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle);
  const tags = new Map<number, number[]>();
  try {
    const start = place(isBig ? 8 : 4);
    const count = isBig ? place(start) : view.getUint16(start, isLittle);
    const [first, entryBytes] = isBig ? [start + 8, 20] : [start + 2, 12];
    for (let at = first; at < first + entryBytes * count; at += entryBytes) {
      const [tag, type] = [view.getUint16(at, isLittle), view.getUint16(at + 2, isLittle)];
      const length = place(at + 4);
      const size = length * (typeBytes[type] ?? 0);
      const from = size <= word ? at + 4 + word : place(at + 4 + word);
      if (from + size > bytes.length) continue;
      const read = (i: number) =>
        type === 3
          ? view.getUint16(from + 2 * i, isLittle)
          : type === 4
            ? view.getUint32(from + 4 * i, isLittle)
            : 0;
      tags.set(
        tag,
        Array.from({ length: Math.min(length, 4) }, (_, i) => read(i)),
      );
    }
    return { view, isLittle, isBig, first, count, entryBytes, tags };
  } catch (cause) {
    throw new Error(`an end after ${bytes.length} bytes`, { cause });
  }
}
