/**
 * @file Situations around the files that are read and written: photos that decoders fill up, and places
 * to write that are none.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { drawPicture } from "../helpers/small-model.js";
import type { Situation } from "./situations.js";

/** A photo in another format, with a part of its bytes changed. */
async function changed(
  folder: string,
  name: string,
  encode: (image: Sharp) => Sharp,
  change: (bytes: Buffer) => Buffer,
): Promise<void> {
  const whole = join(folder, "whole.png");
  await drawPicture(whole, 1);
  const bytes = await encode(sharp(await readFile(whole))).toBuffer();
  await writeFile(join(folder, name), change(bytes));
}

const damaged = (bytes: Buffer) => bytes.fill(255, bytes.length >> 1, (bytes.length >> 1) + 200);

/** By what is read, then by what is written. */
export const fileSituations: readonly Situation[] = [
  {
    what: "a TIFF with damaged pixels",
    args: async ({ folder, weights }) => {
      const encode = (image: Sharp) => image.tiff({ compression: "deflate" });
      await changed(folder, "a.tif", encode, damaged);
      return ["classify", "a.tif", "--weights", weights];
    },
    code: 3,
    says: /Cannot decode image "a\.tif": expected a whole TIFF file, got "tiff2vips: /,
  },
  {
    what: "a GIF with damaged pixels, under another name",
    args: async ({ folder, weights }) => {
      await changed(folder, "a.jpg", (image) => image.gif(), damaged);
      return ["classify", "a.jpg", "--weights", weights];
    },
    code: 3,
    says: /Cannot decode image "a\.jpg": expected a whole GIF file, got "/,
  },
  {
    what: "features to a folder that is not there, said before the photos are read",
    args: ({ weights }) => [
      ...["embed", "no photo", "--weights", weights, "--format", "npy", "--out", "none/a.npy"],
    ],
    code: 5,
    says: /^irv2: Cannot write "none\/a\.npy": expected a place for the file, got ENOENT$/m,
  },
  {
    what: "weights to what is a folder",
    args: async ({ folder, weights }) => {
      await mkdir(join(folder, "out.onnx"));
      return ["export", weights, "--out", "out.onnx"];
    },
    code: 5,
    says: /^irv2: Cannot write weights "out\.onnx": expected a place for the file, got EISDIR$/m,
  },
];
