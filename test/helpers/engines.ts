/**
 * @file Which engines tests and benchmarks can use here; oneDNN is a library of the system, which may be
 * absent.
 */
import { describeLibrary } from "inception-resnet-v2/internal/executors/onednn/api/find-library.js";

/** Why oneDNN cannot be tested here; false where it can. */
export const noOneDnn: string | false = await describeLibrary().then(
  () => false as const,
  (error: Error) => error.message,
);

/**
 * Why oneDNN cannot run the full network here: without AVX-512, where `auto` does not take it either,
 * one photo takes minutes.
 */
export const noFastOneDnn: string | false = await describeLibrary().then(
  ({ isFaster, instructions }) =>
    isFaster ? (false as const) : `the processor computes with ${instructions}, minutes a photo`,
  (error: Error) => error.message,
);

/** Why nothing computes in bf16 here, which the peers could do only by emulation; false where it can. */
export const noBf16: string | false = await describeLibrary().then(
  ({ hasBf16, instructions }) =>
    hasBf16 ? (false as const) : `the processor computes with ${instructions}`,
  (error: Error) => error.message,
);

/** The engines that train, with the reason to skip one. */
export const trainingEngines = [
  { engine: "onnxruntime", skip: false },
  { engine: "onednn", skip: noOneDnn },
] as const;
