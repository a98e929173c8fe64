/**
 * @file The situations in which saying nothing would be a wrong answer, by topic: what is asked of
 * `irv2`, the exit code, and the line that it must print.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawPicture } from "../helpers/small-model.js";
import { dataSituations } from "./data.js";
import { fileSituations } from "./files.js";
import { trainingSituations } from "./training.js";
import { verbSituations } from "./verbs.js";
import { weightSituations } from "./weights.js";

/** What every situation finds in place. */
export interface Scene {
  /** A folder of the situation's own. */
  readonly folder: string;
  /** Photos of three colors under `train` and `val`, eight and four a class; not to be changed. */
  readonly photos: string;
  /** A weight file of a small network with six classes; not to be changed. */
  readonly weights: string;
}

/** One situation. */
export interface Situation {
  readonly what: string;
  /** Makes the files that it is about, and gives the arguments of `irv2`; the folder is current. */
  readonly args: (scene: Scene) => Promise<readonly string[]> | readonly string[];
  readonly code: number;
  /** A line of standard error, or of standard output, that must be there. */
  readonly says: RegExp;
}

/** The situations by topic. */
export const situations: Readonly<Record<string, readonly Situation[]>> = {
  data: dataSituations,
  files: fileSituations,
  training: trainingSituations,
  verbs: verbSituations,
  photos: [
    {
      what: "a photo that cannot be decoded among others",
      args: async ({ folder, weights }) => {
        await drawPicture(join(folder, "good.png"), 1);
        await writeFile(join(folder, "bad.png"), "not a photo");
        return ["classify", "good.png", "bad.png", "--weights", weights];
      },
      code: 3,
      says: /bad\.png.*expected/,
    },
  ],
  weights: weightSituations,
};
