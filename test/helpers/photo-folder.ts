/**
 * @file Small photos in a temporary folder, for tests that read folders of them.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { hashPixels } from "../golden/pixels-by-hash.js";

/** An encoded photo of 12x10 pixels; another seed gives other bytes. */
export function photo(seed: number, format: "png" | "jpeg" = "png"): Promise<Buffer> {
  const { width, height, data } = hashPixels(12, 10, seed);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

/** A new temporary folder, files written into it by their path, and its end. */
export function photoFolder(): {
  readonly path: string;
  write(files: Readonly<Record<string, Uint8Array | string>>): void;
  remove(): void;
} {
  const path = mkdtempSync(join(tmpdir(), "photos-"));
  return {
    path,
    write(files) {
      for (const [file, bytes] of Object.entries(files)) {
        mkdirSync(dirname(join(path, file)), { recursive: true });
        writeFileSync(join(path, file), bytes);
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
