/**
 * @file How figures are taken: fresh processes in turn, medians, ratios within a round.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";

/** What a question is answered with: a table for people, the same as data. */
export interface Answer {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One finished process. */
export interface Run {
  readonly seconds: number;
  readonly peakMemoryBytes: number;
  readonly output: string;
}

/** A command to be measured. */
export interface Variant {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** Something to measure where the machine can: why it cannot, or false. */
export interface Candidate {
  readonly name: string;
  readonly skip: string | false;
}

/** The Python interpreter that has the peers; empty where none is named. */
export const python = process.env["IRV2_PYTHON"] ?? "";

/** Why the peers in Python cannot be measured; false where they can. */
export const noPython: string | false =
  python === "" && "IRV2_PYTHON names no Python with PyTorch and timm";

/** Threads that every variant computes with. */
export const threads = Number(process.env["IRV2_BENCH_THREADS"] ?? 2);

/** How often each variant runs and counts; IRV2_BENCH_ROUNDS says otherwise. */
export function roundsOr(usual: number): number {
  return Number(process.env["IRV2_BENCH_ROUNDS"] ?? usual);
}

/** A script of this folder, as Node runs it. */
export function script(path: string): string {
  return repositoryFile(`dist/bench/${path}`);
}

/** Runs a command to its end; its peak memory is read from the kernel while it runs (Linux). */
export async function run(command: readonly [string, ...string[]]): Promise<Run> {
  const [program, ...args] = command;
  const started = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const output: Buffer[] = [];
  let peakMemoryBytes = 0;
  const look = () => {
    peakMemoryBytes = Math.max(peakMemoryBytes, peakMemory(child.pid ?? 0));
  };
  const timer = setInterval(look, 20);
  child.stdout.on("data", (chunk: Buffer) => {
    look();
    output.push(chunk);
  });
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  return { seconds, peakMemoryBytes, output: Buffer.concat(output).toString() };
}

/** The candidates that can be measured here; each of the others is named with its reason. */
export function measurable<T extends Candidate>(candidates: readonly T[]): T[] {
  for (const { name, skip } of candidates) {
    if (skip) process.stdout.write(`left out: ${name}: ${skip}\n`);
  }
  return candidates.filter(({ skip }) => !skip);
}

/**
 * Runs all variants once a round, in turn. An uncounted round goes first, unless the variants warm up
 * by themselves. Gives the runs by variant.
 */
export async function inTurn(
  variants: readonly Variant[],
  rounds: number,
  { warmUp = true }: { readonly warmUp?: boolean } = {},
): Promise<Map<string, Run[]>> {
  const runs = new Map<string, Run[]>(variants.map(({ name }) => [name, []]));
  for (let round = warmUp ? 0 : 1; round <= rounds; round++) {
    for (const { name, command } of variants) {
      process.stderr.write(`round ${round}/${rounds} ${name}\n`);
      const one = await run(command);
      if (round > 0) runs.get(name)?.push(one);
    }
  }
  return runs;
}

/** Middle value; of an even number, the upper of the two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Median over rounds of a divided by b, pair by pair. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, round) => value / (b[round] ?? Number.NaN)));
}

/**
 * Weights and graph that timm itself writes, random but with live activations, made once and kept
 * in .cache/bench: timm.safetensors, timm.onnx. Needs the Python peers.
 */
export function timmFiles(): { weights: string; onnx: string } {
  const folder = repositoryFile(".cache/bench");
  const files = { weights: `${folder}/timm.safetensors`, onnx: `${folder}/timm.onnx` };
  if (existsSync(files.weights) && existsSync(files.onnx)) return files;
  if (!python)
    throw new Error(`${folder} has no files of timm's and ${noPython}, which makes them`);
  mkdirSync(folder, { recursive: true });
  const made = spawnSync(python, [repositoryFile("bench/python/make_timm_files.py"), folder], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (made.status !== 0) throw new Error("make_timm_files.py failed");
  return files;
}

/** A ratio for a table: a dash where there was nothing to divide by. */
export function formatRatio(ratio: number): string {
  return Number.isNaN(ratio) ? "-" : ratio.toFixed(3);
}

/** Columns of equal width, the first to the left. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, at) =>
          at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}

function peakMemory(pid: number): number {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(found?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
