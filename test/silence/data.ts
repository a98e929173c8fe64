/**
 * @file Situations of datasets: what is left out, guessed or not as it seems must be said.
 */
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawPicture } from "../helpers/small-model.js";
import type { Scene, Situation } from "./situations.js";

const small = ["--width", "0.1", "--input-size", "75", "--epochs", "1", "--batch", "6"];

/** Paths of the photos, in the folder of them, with the names of their classes. */
async function rowsOf({ photos }: Scene): Promise<[path: string, label: string][]> {
  const rows: [string, string][] = [];
  for (const label of await readdir(join(photos, "train"))) {
    const names = await readdir(join(photos, "train", label));
    rows.push(...names.map((name): [string, string] => [`train/${label}/${name}`, label]));
  }
  return rows;
}

async function table(scene: Scene, lines: readonly string[]): Promise<string[]> {
  await writeFile(join(scene.folder, "labels.csv"), lines.join("\n"));
  return ["--annotations", "labels.csv", "--data", scene.photos];
}

/** The situations. */
export const dataSituations: readonly Situation[] = [
  {
    what: "classes that are numbers, taken for indices",
    args: async ({ folder, weights }) => {
      await mkdir(join(folder, "5"));
      await drawPicture(join(folder, "5", "one.png"), 1);
      return ["evaluate", "--data", ".", "--weights", weights];
    },
    code: 0,
    says: /^Note: the classes in "\." are numbers: they are taken for indices, so "5" is "fox"$/,
  },
  {
    what: "files that classify passes over",
    args: async ({ folder, weights }) => {
      await drawPicture(join(folder, "one.png"), 1);
      await writeFile(join(folder, ".two.png"), "hidden");
      await writeFile(join(folder, "three.jxl"), Buffer.from("ff0a", "hex"));
      return ["classify", ".", "--weights", weights];
    },
    code: 0,
    says: /^left out, no photo that is read \(JPEG XL\): "three\.jxl"$/,
  },
  {
    what: "an argument without photos among others",
    args: async ({ folder, weights }) => {
      await drawPicture(join(folder, "one.png"), 1);
      await mkdir(join(folder, "none"));
      return ["classify", "none", "one.png", "*.jpeg", "--weights", weights];
    },
    code: 3,
    says: /^irv2: Cannot find images in "none": expected/,
  },
  {
    what: "classes that lie a level deeper",
    args: async ({ folder, photos }) => {
      for (const part of ["one", "two"]) {
        await cp(join(photos, "val"), join(folder, part), { recursive: true });
      }
      return ["train", "--data", ".", ...small];
    },
    code: 0,
    says: /^warning: "one", "two" are taken for the classes, but each holds the same folders/,
  },
  {
    what: "a class of one photo, which cannot be on both sides",
    args: async (scene) => {
      const rows = (await rowsOf(scene)).map((row) => row.join());
      const lines = ["path,label", ...rows, "val/red/00.png,odd"];
      return ["train", ...(await table(scene, lines)), ...small];
    },
    code: 0,
    says: /^warning: no validation photos of "odd": its accuracy cannot be measured$/,
  },
  {
    what: "a training without validation",
    args: ({ photos }) => [
      ...["train", "--data", join(photos, "train"), "--val-fraction", "0", ...small],
    ],
    code: 0,
    says: /^There are no validation photos: the weights are those of the last epoch, 1\./,
  },
  {
    what: "files of a table that are not there, and columns without meaning",
    args: async (scene) => {
      const rows = (await rowsOf(scene)).map((row) => `${row.join()},9`);
      const lines = ["path,label,width", ...rows, "gone.jpg,red,9", "gone-too.jpg,blue,9"];
      return ["train", ...(await table(scene, lines)), ...small];
    },
    code: 0,
    says: /^warning: 2 of the files in "labels.csv" are not there: gone.jpg$/,
  },
  {
    what: "a training on photos with several labels",
    args: async (scene) => {
      const both = ([path, label]: [string, string]) =>
        path.endsWith("00.png") ? `${path},red;blue` : `${path},${label}`;
      const lines = ["path,label", ...(await rowsOf(scene)).map(both)];
      return ["train", ...(await table(scene, lines)), ...small];
    },
    code: 3,
    says: /^irv2: .*expected one label for each photo, got 2 for ".*00\.png"$/,
  },
  {
    what: "a split of a table that has another name",
    args: async (scene) => {
      const [row = []] = await rowsOf(scene);
      return ["evaluate", ...(await table(scene, ["path,label,split", `${row.join()},trian`]))];
    },
    code: 3,
    says: /expected train, val or test as the split of every row, got "trian" in line 2/,
  },
];
