/**
 * @file The formats that sharp (libvips) decodes, and small JPEGs for pages. This is the only file
 * that imports it, on first use.
 */
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Pixels, RawPixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import type { CheckSize } from "./limits.js";

type Sharp = typeof import("sharp").default;

/**
 * The upright pixels of an image file. Throws an error with the reason when they end too early; with
 * `isStrict` also when libvips has any other trouble to decode them, where it else makes some up.
 */
export async function decodeWithSharp(
  bytes: Uint8Array,
  checkSize: CheckSize,
  { isStrict = false }: { readonly isStrict?: boolean } = {},
): Promise<RawPixels> {
  const sharp = await loadSharp();
  const image = sharp(bytes, {
    failOn: isStrict ? "error" : "truncated",
    ignoreIcc: true,
    limitInputPixels: false, // checked below, with a message that says the size
  });
  const { width, height, space, depth } = await image.metadata();
  checkSize(width, height);
  image.autoOrient();
  if (space === "cmyk") {
    const isDeep = depth === "ushort";
    image.pipelineColourspace("cmyk").toColourspace("cmyk").removeAlpha();
    const { data, info } = await image
      .raw({ depth: isDeep ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    const inks = isDeep ? data.filter((_, at) => at % 2 === 1) : data; // the high bytes
    return { width: info.width, height: info.height, channels: 3, data: rgbFromCmyk(inks) };
  }
  image.toColourspace("srgb").raw({ depth: "uchar" });
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** Pixels as a JPEG data URL, at most `side` pixels on the longer side. */
export async function toSmallJpeg({ width, height, data }: Pixels, side: number): Promise<string> {
  const sharp = await loadSharp();
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: 80 })
    .toBuffer();
  return `data:image/jpeg;base64,${bytes.toString("base64")}`;
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

/** The first line of a message, as a part of a sentence. */
export function firstLine(message: string): string {
  return (message.split("\n")[0] ?? "").trim().replace(/[.:]$/, "");
}

/** No image is decoded twice, so a cache only holds memory; the cores belong to the executor. */
function configured({ default: sharp }: { default: Sharp }): Sharp {
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
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
