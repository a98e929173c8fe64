/**
 * @file A folder of small photos whose classes a small network can tell apart: by their color.
 */
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import sharp from "sharp";

/** Classes with their colors. */
const colors = { blue: [40, 70, 200], green: [50, 180, 60], red: [200, 60, 50] } as const;

/** Names of the classes, sorted. */
export const colorClasses = Object.keys(colors);

/** A new folder with `photos/train/<class>` and `photos/val/<class>`; gives both paths. */
export async function colorPhotos({
  train,
  validation,
}: {
  readonly train: number;
  readonly validation: number;
}): Promise<{ folder: string; photos: string }> {
  const folder = await mkdtemp(join(tmpdir(), "irv2-"));
  const photos = join(folder, "photos");
  for (const [name, color] of Object.entries(colors)) {
    for (const [side, count] of [
      ["train", train],
      ["val", validation],
    ] as const) {
      const to = join(photos, side, name);
      await mkdir(to, { recursive: true });
      for (let at = 0; at < count; at++) {
        await drawColor(
          join(to, `${String(at).padStart(2, "0")}.png`),
          color,
          `${side}/${name}/${at}`,
        );
      }
    }
  }
  return { folder, photos };
}

/** Draws a noisy picture of a color. */
async function drawColor(path: string, color: readonly number[], stream: string): Promise<void> {
  const [width, height] = [96, 84];
  const random = createRandom(1, stream);
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) {
    data[at] = Math.min(255, (color[at % 3] ?? 0) * (0.6 + 0.6 * random.uniform()));
  }
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
}
