/**
 * @file One line on stderr before a verb computes in WebAssembly where a native engine could be.
 */
import type { Precision } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Command } from "commander";
import { chooseEngine } from "../executors/index.js";
import { nativeAdvice } from "../executors/onnxruntime/native-advice.js";

/** The verbs that compute without `--engine`, for they compare files. */
const comparing: readonly string[] = ["import", "export"];

/** Says, before any verb whose engine is `auto` begins, that this is WebAssembly, and the way out. */
export async function announceWasm(verb: Command): Promise<void> {
  const { engine, precision } = verb.opts<{ engine?: string; precision?: Precision }>();
  if (engine !== "auto" && !comparing.includes(verb.name())) return;
  if ((await chooseEngine({ precision })) !== "wasm") return;
  const advice = await nativeAdvice();
  if (advice === undefined) return;
  process.stderr.write(`Computing in WebAssembly, several times slower: ${advice}\n`);
}
