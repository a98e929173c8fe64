/**
 * @file Weights at a fixed address, kept in Keras's folder of models under the names that
 * `keras.utils.get_file` gives them.
 *
 * Keras writes a download to its final name, so a file that is there may be half of one: it counts
 * once its MD5 is right. What is taken out of an archive is moved to its name when it is whole.
 */

import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { WebWeights } from "@inception-resnet-v2/core/internal/weights/published.js";
import { writeBeside } from "../files/write-file.js";
import { hashFile } from "./download/checksum.js";
import { type DownloadContext, download } from "./download/download.js";
import { kerasModelsFolder, mirrored } from "./download/environment.js";
import { unpackMember } from "./download/untar.js";
import { isThere } from "./hub-cache.js";

/** The file, if it is here. */
export async function findInKerasCache(weights: WebWeights): Promise<string | undefined> {
  const path = placeOf(weights);
  const isHere = weights.member === undefined ? isWhole(path, weights.md5) : isThere(path);
  return (await isHere) ? path : undefined;
}

/** Downloads the file, and takes the member out of an archive, which it then removes. */
export async function pullToKerasCache(
  weights: WebWeights,
  context: DownloadContext,
): Promise<string> {
  const { url, md5, bytes, member } = weights;
  const path = join(kerasModelsFolder(), basename(url));
  const wasThere = await isWhole(path, md5);
  if (!wasThere) {
    await download(
      {
        url: mirrored(url),
        path,
        bytes,
        checksum: { algorithm: "md5", value: md5 },
        isWhole: () => isWhole(path, md5),
      },
      context,
    );
  }
  if (member === undefined) return path;
  const place = placeOf(weights);
  try {
    await writeBeside(place, (beside) => unpackMember(path, member, beside));
  } catch (error) {
    // Another process that waited for the same archive may have unpacked and removed it.
    if (!(await isThere(place))) throw error;
  }
  if (!wasThere) await rm(path, { force: true });
  return place;
}

function placeOf({ url, member }: WebWeights): string {
  return join(kerasModelsFolder(), member ?? basename(url));
}

async function isWhole(path: string, md5: string): Promise<boolean> {
  return (await isThere(path)) && (await hashFile(path, "md5")) === md5;
}
