/**
 * @file Which image files are read, told by their first bytes.
 *
 * A decoder library that is handed any bytes also starts its parsers of SVG, PDF and the like; here
 * a file must be one of the formats read before the library sees it. Other formats are recognised
 * only so that a message can name them.
 */

/** A format that is read, and the extensions that files of it have. */
const readFormats = {
  JPEG: ["jpg", "jpeg", "jpe", "jfif"],
  PNG: ["png"],
  WebP: ["webp"],
  GIF: ["gif"],
  AVIF: ["avif", "avifs"],
  TIFF: ["tif", "tiff"],
  BMP: ["bmp", "dib"],
  HEIC: ["heic", "heif", "hif"],
} as const;

/** The name of a format that is read. */
export type ImageFormat = keyof typeof readFormats;

/** The formats read, as a message lists them. */
export const formatList = "JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC";

/** Extensions of the formats read, without the dot. */
export const imageExtensions: ReadonlySet<string> = new Set<string>(
  Object.values(readFormats).flat(),
);

/** Whether a file name has the extension of a format that is read. */
export function hasImageExtension(file: string): boolean {
  const [, extension = ""] = /\.([^./\\]+)$/.exec(file) ?? [];
  return imageExtensions.has(extension.toLowerCase());
}

/** Whether a format, as `formatOf` names it, is read. */
export function isRead(format: string): format is ImageFormat {
  return Object.hasOwn(readFormats, format);
}

/** What files start with, in hexadecimal. */
const signatures: readonly [format: string, start: RegExp][] = [
  ["JPEG", /^ffd8ff/],
  ["PNG", /^89504e470d0a1a0a/],
  ["WebP", /^52494646.{8}57454250/],
  ["GIF", /^47494638(37|39)61/],
  ["AVIF", /^.{8}66747970(.{8})*?6176(6966|6973)/],
  ["TIFF", /^(49492[ab]00|4d4d002[ab])/],
  ["HEIC", /^.{8}66747970(686569|686576|6d696631|6d736631)/],
  ["MP4 video", /^.{8}66747970/],
  ["JPEG XL", /^(ff0a|0000000c4a584c20)/],
  ["JPEG 2000", /^(0000000c6a502020|ff4fff51)/],
  ["PDF", /^25504446/],
  ["BMP", /^424d.{24}(0c|10|28|34|38|40|6c|7c)000000/],
  ["ICO", /^0000(01|02)00/],
  ["Photoshop document", /^38425053/],
  ["PNM", /^50[3-4][0-9a-f](09|0a|0d|20)/],
  ["OpenEXR", /^762f3101/],
  ["QOI", /^716f6966/],
  ["ZIP archive", /^504b0304/],
  ["gzip archive", /^1f8b/],
];

const svg = /^\W{0,3}(<\?xml.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<svg[\s>]/is;
const html = /^\s*<(!DOCTYPE html|html)/i;

/** The name of the format that these first bytes belong to, or `an unknown format`. */
export function formatOf(bytes: Uint8Array): string {
  const start = bytes.subarray(0, 64);
  const hex = Array.from(start, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const known = signatures.find(([, pattern]) => pattern.test(hex));
  if (known) return known[0];
  const text = String.fromCharCode(...bytes.subarray(0, 1024));
  if (svg.test(text)) return "SVG";
  return html.test(text) ? "HTML" : "an unknown format";
}
