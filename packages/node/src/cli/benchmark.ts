/**
 * @file `irv2 benchmark`: latency, throughput and memory of the installed engines, side by side.
 *
 * Each engine is measured in a process of its own, so that memory is its own and nothing is warm.
 * Weights do not change the speed, so random ones serve where none are given.
 */

import type { ArchitectureName } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { Command, Option } from "commander";
import { type EngineName, engineNames } from "../executors/index.js";
import { InceptionResNetV2 } from "../model/model.js";
import { exitCodes } from "./exit-codes.js";
import { archOption, inputSize, positiveNumber, threadsHelp, wholeNumber } from "./options.js";
import { runSelf } from "./run-self.js";

interface BenchmarkFlags {
  readonly engine: readonly EngineName[];
  readonly threads?: number;
  readonly batch: readonly number[];
  readonly runs: number;
  readonly arch?: ArchitectureName;
  readonly inputSize?: number | [number, number];
  readonly width?: number;
  readonly json?: boolean;
}

/** What is measured for one engine and one batch size. */
export interface Measurement {
  readonly engine: string;
  readonly detail: string;
  readonly batch: number;
  /** Median time of one run, in milliseconds. */
  readonly runMs: number;
  readonly imagesPerSecond: number;
  /** Time to load and compile, in milliseconds. */
  readonly startMs: number;
  /** Largest resident memory of the process, in bytes. */
  readonly peakMemoryBytes: number;
}

const childVariable = "IRV2_BENCHMARK_CHILD";

export function benchmarkCommand(): Command {
  return new Command("benchmark")
    .description("measure latency, throughput and memory of the engines on this machine")
    .addOption(
      new Option("--engine <names...>", "engines to measure")
        .choices(engineNames.filter((name) => name !== "auto"))
        .default(["onnxruntime", "wasm"]),
    )
    .option("--threads <n>", threadsHelp, wholeNumber(1))
    .option("--batch <sizes>", "batch sizes, separated by commas", batchSizes, [1, 8])
    .option("--runs <n>", "timed runs of each, after one warm-up run", wholeNumber(1), 10)
    .addOption(archOption())
    .option("--input-size <pixels>", "299, or height x width", inputSize)
    .option("--width <factor>", "multiplies the channels of every convolution", positiveNumber)
    .option("--json", "print JSON lines on stdout")
    .addHelpText(
      "after",
      `
Examples:
  irv2 benchmark
  irv2 benchmark --engine onnxruntime --threads 2 --batch 1,8,16 --runs 20 --json`,
    )
    .action(benchmark);
}

async function benchmark(flags: BenchmarkFlags): Promise<void> {
  if (process.env[childVariable] !== undefined) return measure(flags);
  if (!flags.json) process.stdout.write(header);
  for (const engine of flags.engine) {
    for (const batch of flags.batch) {
      const line = await measureInChild({ ...flags, engine: [engine], batch: [batch] });
      process.stdout.write(flags.json ? `${line}\n` : row(JSON.parse(line) as Measurement));
    }
  }
}

async function measure(flags: BenchmarkFlags): Promise<void> {
  const [engine = "auto"] = flags.engine;
  const [batch = 1] = flags.batch;
  const started = performance.now();
  await using model = await InceptionResNetV2.create({ ...flags, engine });
  const startMs = performance.now() - started;
  const shape = [batch, 3, ...model.inputSize];
  const random = createRandom(0);
  const images = tensor(shape);
  for (let i = 0; i < images.data.length; i++) images.data[i] = random.uniform() * 2 - 1;
  await model.predict(images);
  const times: number[] = [];
  for (let run = 0; run < flags.runs; run++) {
    const start = performance.now();
    await model.predict(images);
    times.push(performance.now() - start);
  }
  const runMs = times.sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
  const measurement: Measurement = {
    engine,
    detail: model.engine,
    batch,
    runMs,
    imagesPerSecond: (batch * 1000) / runMs,
    startMs,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
}

/** Runs this same command for one engine and batch in a new process; gives its line. */
async function measureInChild(flags: BenchmarkFlags): Promise<string> {
  const { engine, batch, threads, runs, arch, inputSize: size, width } = flags;
  const args = ["benchmark", "--json", "--engine", ...engine, "--batch", batch.join(",")];
  args.push("--runs", String(runs));
  if (threads !== undefined) args.push("--threads", String(threads));
  if (arch !== undefined) args.push("--arch", arch);
  if (size !== undefined) args.push("--input-size", [size].flat().join("x"));
  if (width !== undefined) args.push("--width", String(width));
  const { code, output, error } = await runSelf(args, { [childVariable]: "1" });
  if (code === exitCodes.done) return output;
  const reason = error.trim().split("\n")[0] ?? "";
  throw new ResourceError(
    "MEASUREMENT_FAILED",
    `Cannot measure ${engine[0]} at batch ${batch[0]}: expected exit code 0, got ${code} (${reason})`,
  );
}

function batchSizes(text: string): number[] {
  return text.split(",").map((part) => wholeNumber(1)(part));
}

const columns = [14, 7, 12, 12, 12, 12] as const;
const header = cells("engine", "batch", "ms/run", "images/s", "start ms", "peak MiB");

function row(measurement: Measurement): string {
  const { engine, batch, runMs, imagesPerSecond, startMs, peakMemoryBytes } = measurement;
  return cells(
    engine,
    String(batch),
    runMs.toFixed(1),
    imagesPerSecond.toFixed(2),
    startMs.toFixed(0),
    (peakMemoryBytes / 2 ** 20).toFixed(0),
  );
}

function cells(name: string, ...rest: string[]): string {
  const [first, ...others] = columns;
  return `${name.padEnd(first)}${rest.map((cell, at) => cell.padStart(others[at] ?? 12)).join("")}\n`;
}
