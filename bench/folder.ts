/**
 * @file Does a folder of photos run as fast as the executor alone, in bounded memory, without
 * holding the event loop?
 *
 * Claims: images per second at least 0.95 of the executor alone; event-loop delay (p99) under 20 ms;
 * resident memory under 1.3 GB, and flat from 200 to 2,000 images.
 */
import { type Answer, formatTable, median, run, script, threads, timmFiles } from "./measure.js";

interface FolderRun {
  readonly imagesPerSecond: number;
  readonly aloneImagesPerSecond: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
}

export async function folder(): Promise<Answer> {
  const { weights } = timmFiles();
  const rows = [
    ["images", "batch", "images/s", "executor alone", "ratio", "p99 ms", "max ms", "peak MiB"],
  ];
  const data: Record<string, unknown> = {};
  for (const [images, batch, rounds] of [
    [200, 1, 3],
    [200, 8, 3],
    [2000, 1, 1],
  ] as const) {
    const results: (FolderRun & { peakMiB: number })[] = [];
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`folder of ${images}, batch ${batch}, round ${round + 1}/${rounds}\n`);
      const args = [weights, images, batch, threads].map(String);
      const { output, peakMemoryBytes } = await run([
        process.execPath,
        script("folder-ours.js"),
        ...args,
      ]);
      results.push({ ...(JSON.parse(output) as FolderRun), peakMiB: peakMemoryBytes / 2 ** 20 });
    }
    const of = (pick: (one: (typeof results)[number]) => number) => median(results.map(pick));
    rows.push([
      String(images),
      String(batch),
      of((one) => one.imagesPerSecond).toFixed(2),
      of((one) => one.aloneImagesPerSecond).toFixed(2),
      of((one) => one.imagesPerSecond / one.aloneImagesPerSecond).toFixed(3),
      of((one) => one.loopDelayP99Ms).toFixed(1),
      of((one) => one.loopDelayMaxMs).toFixed(1),
      of((one) => one.peakMiB).toFixed(0),
    ]);
    data[`${images} images, batch ${batch}`] = results;
  }
  return { text: formatTable(rows), data };
}
