/**
 * @file What does training cost beside the step itself?
 *
 * Claims: loading, decoding and varying photos costs at most 5 % of a step; a classifier learns from
 * at least 2,000 rows of kept features per second.
 */
import { type Answer, formatTable, inTurn, median, roundsOr, script, threads } from "./measure.js";

const rounds = roundsOr(3);

const cases = [
  { name: "width 0.35, 139 px, batch 32", width: 0.35, size: 139, batch: 32 },
  { name: "width 1, 299 px, batch 8", width: 1, size: 299, batch: 8 },
] as const;

interface Figures {
  readonly loadedSeconds: number;
  readonly readySeconds: number;
  readonly ratio: number;
  readonly headImagesPerSecond: number;
}

/** Answers the question for both cases. */
export async function trainData(): Promise<Answer> {
  const variants = cases.map(({ name, width, size, batch }) => {
    const args = [width, size, batch, threads].map(String);
    const command = [process.execPath, script("train-data-ours.js"), ...args] as const;
    return { name, command: command as unknown as [string, ...string[]] };
  });
  const runs = await inTurn(variants, rounds);
  const rows = [["case", "s per image, photos", "batch ready", "ratio", "head images/s"]];
  const data: Record<string, unknown> = {};
  for (const [name, list] of runs) {
    const figures = list.map(({ output }) => JSON.parse(output) as Figures);
    const middle = (key: keyof Figures) => median(figures.map((one) => one[key]));
    rows.push([
      name,
      middle("loadedSeconds").toFixed(4),
      middle("readySeconds").toFixed(4),
      middle("ratio").toFixed(3),
      middle("headImagesPerSecond").toFixed(0),
    ]);
    data[name] = figures;
  }
  return { text: formatTable(rows), data };
}
