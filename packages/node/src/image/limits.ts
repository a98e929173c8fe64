/**
 * @file How large an image may be: of pixels, since a small file can claim any number of them.
 */
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";

const defaultMaxPixels = 100_000_000;

/** Throws when a picture of this size is too large; asked before its pixels are decoded. */
export type CheckSize = (width: number, height: number) => void;

/** The check of one image; throws `InputError` in its name. */
export function sizeCheck(name: string, maxPixels = defaultMaxPixels): CheckSize {
  return (width, height) => {
    if (width * height <= maxPixels) return;
    throw new InputError(
      "IMAGE_TOO_LARGE",
      `Cannot decode image ${name}: expected at most ${maxPixels} pixels, got ${width}x${height}`,
    );
  };
}
