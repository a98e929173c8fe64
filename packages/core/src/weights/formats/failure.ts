/**
 * @file The error of a file that cannot be read, made from what is wrong with it.
 */
import { type ErrorCode, ModelError } from "../../errors.js";

/** Makes the error from a code and a problem: "expected A, got B". */
export type Failure = (code: ErrorCode, problem: string) => ModelError;

/** How a reader reports problems of the file that messages call `name`. */
export function readingFailure(name: string): Failure {
  return (code, problem) => new ModelError(code, `Cannot read weights "${name}": ${problem}`);
}
