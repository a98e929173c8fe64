/**
 * @file The exit codes of the command line, and which class of error ends with which.
 */
import { type ErrorClass, Irv2Error } from "@inception-resnet-v2/core/internal/errors.js";

/** The documented exit codes of the command line. */
export const exitCodes = {
  /** All went well. */
  done: 0,
  /** The work failed. */
  failed: 1,
  /** A wrong flag, argument or combination. */
  usage: 2,
  /** An image or data folder that cannot be used. */
  badInput: 3,
  /** A weight file or model that cannot be used. */
  badModel: 4,
  /** Out of memory, disk, network or a missing library. */
  resource: 5,
  /** A quality gate was missed. */
  qualityGate: 6,
  /** Interrupted, after a clean stop. */
  interrupted: 130,
} as const;

const byClass: { readonly [K in ErrorClass]: number } = {
  Irv2Error: exitCodes.failed,
  UsageError: exitCodes.usage,
  InputError: exitCodes.badInput,
  ModelError: exitCodes.badModel,
  ResourceError: exitCodes.resource,
  GraphError: exitCodes.failed,
  NativeError: exitCodes.failed,
};

/** The exit code that an error ends the command line with; what was not foreseen is a failure. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Irv2Error)) return exitCodes.failed;
  return byClass[error.name as ErrorClass] ?? exitCodes.failed;
}
