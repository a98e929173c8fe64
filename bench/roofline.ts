/**
 * @file Where does a forward pass on oneDNN go, and how near is it to what the processor can do?
 *
 * The direct rate is that of a 5x5 convolution, which multiplies as often as its definition says. Rates
 * are effective: multiply-adds of the definition over time. Winograd's algorithm for 3x3 convolutions in
 * fp32 saves products, so stages with many of them exceed the direct rate without using more of the
 * processor.
 *
 * Claims: the whole forward pass has an effective rate of at least 0.8 of the direct one in fp32 and 0.7
 * in bf16 (299 px, batch 8, two threads).
 */
import { noBf16, noFastOneDnn } from "@inception-resnet-v2/test/helpers/engines.js";
import {
  type Answer,
  formatTable,
  measurable,
  median,
  roundsOr,
  run,
  script,
  threads,
} from "./measure.js";

const rounds = roundsOr(3);

/** What `roofline-ours.ts` prints. */
export interface Roofline {
  readonly peakGflops: number;
  readonly stages: readonly {
    readonly title: string;
    readonly ms: number;
    readonly gflop: number;
  }[];
}

export async function roofline(): Promise<Answer | undefined> {
  const rows = [
    ["precision", "stage", "ms per image", "share", "effective GFLOP/s", "of the direct rate"],
  ];
  const data: Record<string, unknown> = {};
  const precisions = measurable([
    { name: "fp32", skip: noFastOneDnn },
    { name: "bf16", skip: noBf16 },
  ]);
  if (precisions.length === 0) return undefined;
  for (const { name: precision } of precisions) {
    const found: Roofline[] = [];
    for (let round = 0; round < rounds; round++) {
      const command = [process.execPath, script("roofline-ours.js"), precision, String(threads)];
      const { output } = await run(command as [string, ...string[]]);
      found.push(JSON.parse(output) as Roofline);
    }
    const peak = median(found.map(({ peakGflops }) => peakGflops));
    const stages = (found[0]?.stages ?? []).map(({ title, gflop }, at) => {
      return { title, gflop, ms: median(found.map((one) => one.stages[at]?.ms ?? Number.NaN)) };
    });
    const all = {
      title: "whole forward pass",
      ms: stages.reduce((sum, { ms }) => sum + ms, 0),
      gflop: stages.reduce((sum, { gflop }) => sum + gflop, 0),
    };
    for (const { title, ms, gflop } of [...stages, all]) {
      const rate = (gflop / ms) * 1000;
      const share = `${((100 * ms) / all.ms).toFixed(1)} %`;
      const isProduct = gflop > 0;
      const figures = isProduct ? [rate.toFixed(0), (rate / peak).toFixed(2)] : ["-", "-"];
      rows.push([precision, title, ms.toFixed(2), share, ...figures]);
    }
    data[precision] = { peakGflops: peak, stages: [...stages, all] };
  }
  return { text: formatTable(rows), data };
}
