/**
 * @file How long does one training step take, and how much memory? Ours and PyTorch.
 *
 * Claims, RMSProp, two threads, against PyTorch eager channels_last of the same precision: fp32 at
 * most 1.15 of its seconds per image, for the full network at 299 px, batch 8, and at width 0.35,
 * 139 px, batch 32; on onednn the full network at most 0.8 in fp32 and 0.9 in bf16; peak memory of
 * the full network at most 5 GB, and at most 3 GB with a memory budget for 1.4 times the time.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { noBf16, noFastOneDnn } from "@inception-resnet-v2/test/helpers/engines.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import {
  type Answer,
  type Candidate,
  formatRatio,
  formatTable,
  inTurn,
  measurable,
  median,
  medianRatio,
  noPython,
  python,
  roundsOr,
  script,
  threads,
  type Variant,
} from "./measure.js";
import { randomImages } from "./random-images.js";

const rounds = roundsOr(3);

interface Case {
  readonly title: string;
  readonly width: number;
  readonly size: number;
  readonly batch: number;
}

const full: Case = { title: "width 1, 299 px, batch 8", width: 1, size: 299, batch: 8 };
const small: Case = { title: "width 0.35, 139 px, batch 32", width: 0.35, size: 139, batch: 32 };

/** The budget in bytes that the third variant of the full network keeps. */
const budget = 3 * 1024 ** 3;

/** Both cases. */
export const train = () => compare([full, small]);

/** The full network alone. */
export const trainFull = () => compare([full]);

/** The small network alone. */
export const trainSmall = () => compare([small]);

async function compare(cases: readonly Case[]): Promise<Answer> {
  const rows = [["variant", "case", "s per image", "of PyTorch's", "peak MB"]];
  const data: Record<string, unknown> = {};
  for (const one of cases) {
    process.stdout.write(`${one.title}\n`);
    const runs = await inTurn(measurable(candidates(one)), rounds, { warmUp: false });
    const times = (name: string) => (runs.get(name) ?? []).map(({ output }) => Number(output));
    for (const [name, list] of runs) {
      const seconds = times(name);
      const peer = name.endsWith("bf16") ? "PyTorch bf16" : "PyTorch fp32";
      const ratio = medianRatio(seconds, times(peer));
      const peak = median(list.map(({ peakMemoryBytes }) => peakMemoryBytes));
      const cells = [median(seconds).toFixed(4), formatRatio(ratio), (peak / 1e6).toFixed(0)];
      rows.push([name, one.title, ...cells]);
      data[`${name}, ${one.title}`] = { secondsAnImage: seconds, ofPyTorch: ratio, peak };
    }
  }
  return { text: formatTable(rows), data };
}

function candidates({ width, size, batch }: Case): (Variant & Candidate)[] {
  const images = imagesFile(batch, size);
  const args = [images, width, size, batch, threads].map(String);
  const ours = (...more: string[]): Variant["command"] => {
    return [process.execPath, script("train-ours.js"), ...args, ...more];
  };
  const pyTorch = (...more: string[]): Variant["command"] => {
    return [python, repositoryFile("bench/python/train_torch.py"), ...args, ...more];
  };
  const withBudget = [
    { name: "onednn within 3 GiB, fp32", engine: "onednn", skip: noFastOneDnn },
    { name: "onnxruntime within 3 GiB, fp32", engine: "onnxruntime", skip: false },
  ] as const;
  return [
    { name: "onednn fp32", skip: noFastOneDnn, command: ours("onednn", "fp32") },
    { name: "onednn bf16", skip: noBf16, command: ours("onednn", "bf16") },
    { name: "onnxruntime fp32", skip: false, command: ours("onnxruntime", "fp32") },
    ...(width === 1 ? withBudget : []).map(({ name, engine, skip }) => {
      return { name, skip, command: ours(engine, "fp32", String(budget)) };
    }),
    { name: "PyTorch fp32", skip: noPython, command: pyTorch() },
    { name: "PyTorch bf16", skip: noPython || noBf16, command: pyTorch("bf16") },
  ];
}

/** The images that every variant trains on, as raw numbers [batch,3,size,size]. */
function imagesFile(batch: number, size: number): string {
  const file = repositoryFile(`.cache/bench/train-${batch}-${size}.f32`);
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, randomImages(batch, size).data);
  }
  return file;
}
