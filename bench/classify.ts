/**
 * @file How long does one photo take as a whole process? `irv2 classify` against Python with timm.
 *
 * Claim: at most 0.4 of the same job in Python: start, load 224 MB of weights, decode, preprocess,
 * one forward pass, print the five likeliest classes. With the model of the package at most 0.25 of
 * it, or 0.7 s where that is more, in 350 MB.
 */
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import {
  type Answer,
  type Candidate,
  formatTable,
  inTurn,
  measurable,
  median,
  medianRatio,
  noPython,
  python,
  roundsOr,
  threads,
  timmFiles,
  type Variant,
} from "./measure.js";
import { photoPaths } from "./photos.js";

export async function classify(): Promise<Answer> {
  const { weights } = timmFiles();
  const [photo] = await photoPaths(1);
  const cli = repositoryFile("packages/node/dist/cli/main.js");
  const options = ["--weights", weights, "--threads", String(threads)];
  const inPython = repositoryFile("bench/python/classify_timm.py");
  const variants = measurable<Variant & Candidate>([
    {
      name: "irv2 classify",
      skip: false,
      command: [process.execPath, cli, "classify", photo ?? "", ...options],
    },
    {
      name: "irv2 classify, everyday",
      skip: false,
      command: [process.execPath, cli, "classify", photo ?? "", "--threads", String(threads)],
    },
    {
      name: "Python with timm",
      skip: noPython,
      command: [python, "-W", "ignore", inPython, photo ?? "", weights, String(threads)],
    },
  ]);
  const runs = await inTurn(variants, roundsOr(5));
  const [ours = [], everyday = []] = variants.map(({ name }) => runs.get(name));
  const seconds = (list: readonly { seconds: number }[]) => list.map((one) => one.seconds);
  const memory = (list: readonly { peakMemoryBytes: number }[]) =>
    median(list.map((one) => one.peakMemoryBytes)) / 2 ** 20;
  const rows = [["variant", "seconds", "peak MiB", "ours is ... of it", "with everyday"]];
  const data: Record<string, unknown> = {};
  for (const [name, list] of runs) {
    const [oursRatio, everydayRatio] = [ours, everyday].map((one) =>
      medianRatio(seconds(one), seconds(list)),
    ) as [number, number];
    const ratios = [oursRatio, everydayRatio].map((ratio) => ratio.toFixed(3));
    rows.push([name, median(seconds(list)).toFixed(2), memory(list).toFixed(0), ...ratios]);
    data[name] = { seconds: seconds(list), peakMiB: memory(list), oursRatio, everydayRatio };
  }
  return { text: formatTable(rows), data };
}
