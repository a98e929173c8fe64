/**
 * @file Encoded images to pixels, in Node, with sharp (libvips).
 *
 * The pixels are those of Pillow's `ImageOps.exif_transpose(Image.open(file)).convert("RGB")`,
 * since published weights are measured with them: embedded color profiles and gamma are ignored,
 * alpha is dropped and the color under it stays, CMYK becomes RGB by Pillow's formula. JPEG, PNG,
 * WebP and TIFF are equal to the byte. Known differences, all on purpose or out of reach:
 *
 * - 16-bit grey keeps its high byte, as 16-bit RGB does; Pillow cuts off everything above 255.
 * - libvips gives transparent pixels of a GIF as black; Pillow gives their palette color.
 * - AVIF goes through another AV1 decoder; levels differ by about 1.
 * - A PNG whose pixels are whole is read even if what follows them is cut off.
 *
 * A file that ends before its pixels do is an error, as in Pillow. Only the first frame or page is
 * read. This is the only file that imports sharp, and it does so on first use.
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
} from "@inception-resnet-v2/core/internal/image/pixels.js";

type Sharp = typeof import("sharp").default;

/** How to decode. */
export interface DecodeOptions {
  /** Images of more pixels are refused before they are decoded; 100 million. */
  readonly maxPixels?: number;
  /** Color put behind transparent images; by default the hidden color shows. */
  readonly background?: Color;
}

const defaultMaxPixels = 100_000_000;

/**
 * Decodes a JPEG, PNG, WebP, GIF, AVIF or TIFF file; `name` is what messages call it. Throws
 * `InputError` when it is empty, of another format, too large or broken.
 */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  options: DecodeOptions = {},
): Promise<Pixels> {
  const format = checkFormat(bytes, name);
  const { maxPixels = defaultMaxPixels, background } = options;
  const sharp = await loadSharp();
  try {
    const image = sharp(bytes, {
      failOn: "truncated", // as strict as Pillow
      ignoreIcc: true,
      limitInputPixels: false, // checked below, with a message that says the size
    });
    const { width, height, space, depth } = await image.metadata();
    if (width * height > maxPixels) {
      throw new InputError(
        "IMAGE_TOO_LARGE",
        `Cannot decode image ${name}: expected at most ${maxPixels} pixels, got ${width}x${height}`,
      );
    }
    image.autoOrient().raw({ depth: "uchar" });
    const isCmyk = space === "cmyk" && depth === "uchar";
    if (isCmyk) image.pipelineColourspace("cmyk").toColourspace("cmyk");
    else image.toColourspace("srgb");
    if (isCmyk || !background) image.removeAlpha();
    const { data, info } = await image.toBuffer({ resolveWithObject: true });
    const raw = { width: info.width, height: info.height };
    if (isCmyk) return { ...raw, data: rgbFromCmyk(data) };
    return fromRawPixels({ ...raw, data, channels: info.channels }, options);
  } catch (cause) {
    throw cause instanceof InputError ? cause : corrupt(name, format, cause);
  }
}

/**
 * A small picture of an image file as a JPEG data URL, for pages: upright, at most `side` pixels on
 * the longer side, over white where it is transparent. Throws `InputError` when it cannot be read.
 */
export async function thumbnail(file: string, side: number): Promise<string> {
  const sharp = await loadSharp();
  try {
    const bytes = await sharp(file, { failOn: "none" })
      .autoOrient()
      .resize(side, side, { fit: "inside", withoutEnlargement: true })
      .flatten({ background: "white" })
      .jpeg({ quality: 80 })
      .toBuffer();
    return `data:image/jpeg;base64,${bytes.toString("base64")}`;
  } catch (cause) {
    const reason = cause instanceof Error ? firstLine(cause.message) : String(cause);
    throw new InputError(
      "IMAGE_CORRUPT",
      `Cannot make a thumbnail of "${file}": expected an image, got "${reason}"`,
      { cause },
    );
  }
}

/** The versions of sharp and of the libraries that decode for it. */
export async function decoderVersions(): Promise<Readonly<Record<string, string>>> {
  const versions: Readonly<Record<string, string | undefined>> = (await loadSharp()).versions;
  const names = ["sharp", "vips", "mozjpeg", "png", "webp", "heif", "aom", "tiff"];
  return Object.fromEntries(names.map((name) => [name, versions[name] ?? "unknown"]));
}

let loading: Promise<Sharp> | undefined;

/** Loads sharp ahead of the first image. Throws `ResourceError` when it does not run here. */
export function loadSharp(): Promise<Sharp> {
  loading ??= import("sharp").then(configured, (cause: Error) => {
    throw new ResourceError(
      "DECODER_MISSING",
      `Cannot decode images: expected the package "sharp" to load, got "${firstLine(cause.message)}"`,
      { cause },
    );
  });
  return loading;
}

/** No image is decoded twice, so a cache only holds memory; the cores belong to the executor. */
function configured({ default: sharp }: { default: Sharp }): Sharp {
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
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
  const reason = cause instanceof Error ? firstLine(cause.message) : String(cause);
  return new InputError(
    "IMAGE_CORRUPT",
    `Cannot decode image ${name}: expected a whole ${format} file, got "${reason}"`,
    { cause },
  );
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? "").trim().replace(/[.:]$/, "");
}

/** Pillow's `cmyk2rgb`, in place: white less black ink, less the share of each other ink. */
function rgbFromCmyk(data: Uint8Array): Uint8Array {
  let o = 0;
  for (let i = 0; i < data.length; i += 4) {
    const white = 255 - (data[i + 3] as number);
    for (let c = 0; c < 3; c++) {
      const product = (data[i + c] as number) * white + 128;
      data[o++] = white - (((product >> 8) + product) >> 8);
    }
  }
  return data.subarray(0, o);
}
