/**
 * @file `irv2 doctor`: the engines and hardware of this machine, and what `auto` uses.
 */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { Command } from "commander";
import { chooseEngine, createExecutor, type EngineName, engineNames } from "../executors/index.js";
import { nativeAdvice } from "../executors/onnxruntime/native-advice.js";
import { decoderVersions } from "../image/decode-sharp.js";
import { packageVersion } from "./package-version.js";

/** What the doctor finds. */
export interface Report {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly threads: number;
  readonly instructionSets: readonly string[];
  readonly memoryBytes: { readonly total: number; readonly free: number };
  readonly engines: readonly EngineReport[];
  /** The engine that is used by default. */
  readonly auto: { readonly engine: EngineName; readonly reason: string };
  /** Why the native engine is missing and how to get it, where it could be here. */
  readonly advice: string | null;
  readonly decoder: Readonly<Record<string, string>>;
}

interface EngineReport {
  readonly name: EngineName;
  readonly found: boolean;
  readonly detail: string;
}

/** Instruction sets that matter to convolutions, by their names in /proc/cpuinfo. */
const instructionSets =
  /^(avx2|fma|avx512f|avx512vnni|avx512_vnni|avx_vnni|avx512_bf16|amx_tile|amx_bf16|asimd|asimddp|bf16|i8mm|sve)$/;

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("show engines, threads, instruction sets and decoders of this machine")
    .option("--json", "print JSON on stdout")
    .addHelpText("after", "\nExamples:\n  irv2 doctor\n  irv2 doctor --json")
    .action(async (flags: { json?: boolean }) => {
      const report = await examine();
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : describe(report));
    });
}

async function examine(): Promise<Report> {
  const engines: EngineReport[] = [];
  for (const name of engineNames) if (name !== "auto") engines.push(await tryEngine(name));
  return {
    version: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    threads: availableParallelism(),
    instructionSets: readInstructionSets(),
    memoryBytes: { total: totalmem(), free: freemem() },
    engines,
    auto: await explainAuto(engines),
    advice: (await nativeAdvice()) ?? null,
    decoder: await decoderVersions(),
  };
}

async function tryEngine(name: EngineName): Promise<EngineReport> {
  try {
    const executor = await createExecutor(name);
    await executor.dispose();
    return { name, found: true, detail: executor.description };
  } catch (error) {
    return { name, found: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function explainAuto(engines: readonly EngineReport[]): Promise<Report["auto"]> {
  const engine = await chooseEngine();
  if (engine === "onednn") return { engine, reason: "oneDNN is faster on this processor" };
  const hasOneDnn = engines.some(({ name, found }) => name === "onednn" && found);
  const without = hasOneDnn ? "oneDNN is no faster without AVX-512" : "oneDNN is not installed";
  const hasNative = engine === "onnxruntime";
  return { engine, reason: hasNative ? without : `${without}, nor is onnxruntime-node` };
}

function readInstructionSets(): string[] {
  try {
    const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1];
    return (flags ?? "").split(/\s+/).filter((flag) => instructionSets.test(flag));
  } catch {
    return [];
  }
}

function describe(report: Report): string {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const lines = [
    ["irv2", report.version],
    ["Node", `${report.node} on ${report.platform}`],
    ["Processor", `${report.processor}, ${report.threads} threads`],
    ["Instructions", report.instructionSets.join(" ") || "unknown"],
    [
      "Memory",
      `${gibibytes(report.memoryBytes.total)}, ${gibibytes(report.memoryBytes.free)} free`,
    ],
    [
      "Decoder",
      Object.entries(report.decoder)
        .map((pair) => pair.join(" "))
        .join(", "),
    ],
    ...report.engines.map(({ name, found, detail }) => [
      `Engine ${name}`,
      `${found ? "yes" : "no "}  ${detail}${name === report.auto.engine ? `  <- used by auto: ${report.auto.reason}` : ""}`,
    ]),
    ...(report.advice === null ? [] : [["Advice", report.advice]]),
  ];
  return lines.map(([name = "", value]) => `${name.padEnd(20)}${value}\n`).join("");
}
