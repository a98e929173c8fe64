/**
 * @file Small pictures of image files, for pages.
 */
import { toSmallJpeg } from "./decode-sharp.js";
import { readImage } from "./read-node.js";

/**
 * A small picture of an image file as a JPEG data URL: what the network sees, upright, at most `side`
 * pixels on the longer side, over white where it is transparent. Throws `InputError` as `readImage`
 * does.
 */
export async function thumbnail(file: string, side: number): Promise<string> {
  return toSmallJpeg(await readImage(file, { background: [255, 255, 255] }), side);
}
