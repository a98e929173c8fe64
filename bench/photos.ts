/**
 * @file Photos to measure with: a photo set beside the repository, or pictures drawn for the purpose.
 */
import { mkdir } from "node:fs/promises";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { repositoryFile, sharedFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { findImages } from "inception-resnet-v2/internal/image/find-images.js";
import sharp from "sharp";

/** Paths of `count` photos; the set is gone through again where it has fewer. */
export async function photoPaths(count: number): Promise<string[]> {
  const set = sharedFile("datasets/clothing/val");
  const found = await findImages([set.skip ? await drawPhotos() : set.path]);
  return Array.from({ length: count }, (_, at) => found[at % found.length] ?? "");
}

/** Forty noisy 213x160 pictures, JPEG at quality 90, like the set's. */
async function drawPhotos(): Promise<string> {
  const folder = repositoryFile(".cache/bench/photos");
  await mkdir(folder, { recursive: true });
  for (let at = 0; at < 40; at++) {
    const random = createRandom(at);
    const pixels = Uint8Array.from({ length: 27 * 20 * 3 }, () => random.uniform() * 256);
    await sharp(pixels, { raw: { width: 27, height: 20, channels: 3 } })
      .resize(213, 160, { kernel: "cubic" })
      .jpeg({ quality: 90 })
      .toFile(`${folder}/${at}.jpg`);
  }
  return folder;
}
