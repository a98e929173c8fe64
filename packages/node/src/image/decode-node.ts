/**
 * @file Encoded images to pixels, in Node: by what a file holds, whatever its name.
 *
 * The pixels are those of Pillow's `ImageOps.exif_transpose(Image.open(file)).convert("RGB")`,
 * since published weights are measured with them: embedded color profiles and gamma are ignored,
 * alpha is dropped and the color under it stays, CMYK becomes RGB by Pillow's formula. JPEG, PNG,
 * WebP, TIFF, GIF and BMP are equal to the byte. Known differences, all on purpose or out of reach:
 *
 * - 16-bit grey and CMYK keep their high byte, as 16-bit RGB does; Pillow cuts off grey above 255.
 * - AVIF of color planes at half size has them enlarged by another filter: levels differ by about 1
 *   in the mean, more at the edge of a color. HEIC is of another decoder altogether.
 * - A PNG whose pixels are whole is read even if what follows them is cut off.
 * - TIFF of more than 16 bits a sample, or of signed ones, is refused: nobody says what is white.
 *
 * What Pillow refuses as damaged is refused, cut off or changed; what of a format is not decoded is
 * refused by its name. Only the first frame or page is read.
 */
import { InputError, ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  formatList,
  formatOf,
  type ImageFormat,
  isRead,
} from "@inception-resnet-v2/core/internal/image/formats.js";
import {
  type Color,
  fromRawPixels,
  type Pixels,
  type RawPixels,
} from "@inception-resnet-v2/core/internal/image/pixels.js";
import { damageOfJpeg } from "./check-jpeg.js";
import { damageOfPng } from "./check-png.js";
import { firstPage } from "./check-tiff.js";
import { decodeBmp } from "./decode-bmp.js";
import { decodeGif } from "./decode-gif.js";
import { decodeHeic } from "./decode-heic.js";
import { decodeWithSharp, firstLine } from "./decode-sharp.js";
import { type CheckSize, sizeCheck } from "./limits.js";

/** How to decode. */
export interface DecodeOptions {
  /** Images of more pixels are refused before they are decoded; 100 million. */
  readonly maxPixels?: number;
  /** Color put behind transparent images; by default the hidden color shows. */
  readonly background?: Color;
}

/**
 * Decodes a JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC file; `name` is what messages call it.
 * Throws `InputError` when it is empty, of another format, too large or broken.
 */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  options: DecodeOptions = {},
): Promise<Pixels> {
  const format = checkFormat(bytes, name);
  try {
    const raw = await decoders[format](bytes, name, sizeCheck(name, options.maxPixels));
    return fromRawPixels(raw, options);
  } catch (cause) {
    if (cause instanceof InputError || cause instanceof ResourceError) throw cause;
    throw corrupt(name, format, cause);
  }
}

type Decode = (
  bytes: Uint8Array,
  name: string,
  checkSize: CheckSize,
) => RawPixels | Promise<RawPixels>;

const decoders: Readonly<Record<ImageFormat, Decode>> = {
  JPEG(bytes, _, checkSize) {
    refuseIf(damageOfJpeg(bytes));
    return decodeWithSharp(bytes, checkSize);
  },
  PNG(bytes, _, checkSize) {
    refuseIf(damageOfPng(bytes));
    return decodeWithSharp(bytes, checkSize);
  },
  WebP: (bytes, _, checkSize) => decodeWithSharp(bytes, checkSize),
  GIF: (bytes, _, checkSize) => decodeGif(bytes, checkSize),
  AVIF: (bytes, _, checkSize) => decodeWithSharp(asStill(bytes), checkSize),
  TIFF: (bytes, name, checkSize) =>
    decodeWithSharp(firstPage(bytes, name), checkSize, { isStrict: true }),
  BMP: (bytes, _, checkSize) => decodeBmp(bytes, checkSize),
  HEIC: decodeHeic,
};

function refuseIf(damage: string | undefined): void {
  if (damage !== undefined) throw new Error(damage);
}

/** An AVIF of several frames as libvips takes it: its first one is a still picture beside the others. */
function asStill(bytes: Uint8Array): Uint8Array {
  const still = Buffer.from(bytes);
  still.write("avif", 8, "latin1"); // the major brand, `avis` or another
  return still;
}

function checkFormat(bytes: Uint8Array, name: string): ImageFormat {
  if (bytes.length === 0) {
    throw new InputError(
      "IMAGE_EMPTY",
      `Cannot read image ${name}: expected ${formatList}, got no bytes`,
    );
  }
  const format = formatOf(bytes);
  if (isRead(format)) return format;
  throw new InputError(
    "IMAGE_FORMAT",
    `Cannot read image ${name}: expected ${formatList}, got ${format}`,
  );
}

function corrupt(name: string, format: ImageFormat, cause: unknown): InputError {
  const reason = cause instanceof Error ? firstLine(withoutSeeks(cause.message)) : String(cause);
  return new InputError(
    "IMAGE_CORRUPT",
    `Cannot decode image ${name}: expected a whole ${format} file, got "${reason}"`,
    { cause },
  );
}

/** What libvips says, less the places that libheif tried to read first. */
function withoutSeeks(message: string): string {
  return message.replace(/^(source: bad seek to \d+\n)+(?=.)/, "");
}
