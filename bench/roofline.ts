/**
 * @file Where does a forward pass on oneDNN go, and how near is it to what the processor can do?
 *
 * The peak is a 5x5 convolution, which multiplies as often as its definition says. Winograd's algorithm
 * for 3x3 ones in fp32 multiplies less often: stages with many of them go beyond the peak.
 *
 * Claims: of the fastest rate that a large convolution reaches here, the whole forward pass reaches at
 * least 80 % in fp32 and 70 % in bf16 (299 px, batch 8, two threads).
 */
import { type Answer, formatTable, median, run, script, threads } from "./measure.js";

const rounds = Number(process.env["IRV2_BENCH_ROUNDS"] ?? 3);

/** What `roofline-ours.ts` prints. */
export interface Roofline {
  readonly peakGflops: number;
  readonly stages: readonly {
    readonly title: string;
    readonly ms: number;
    readonly gflop: number;
  }[];
}

export async function roofline(): Promise<Answer> {
  const rows = [["precision", "stage", "ms an image", "share", "GFLOP/s", "of peak"]];
  const data: Record<string, unknown> = {};
  for (const precision of ["fp32", "bf16"]) {
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
      const figures = isProduct
        ? [rate.toFixed(0), `${((100 * rate) / peak).toFixed(0)} %`]
        : ["-", "-"];
      rows.push([precision, title, ms.toFixed(2), share, ...figures]);
    }
    data[precision] = { peakGflops: peak, stages: [...stages, all] };
  }
  return { text: formatTable(rows), data };
}
