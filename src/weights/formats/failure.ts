/**
 * @file How readers of files say what is wrong with one.
 */
import { ModelError } from "../../errors.js";

/** Makes the error of a file from a code and what was expected and found. */
export type Failure = (code: string, problem: string) => ModelError;

/** The failures of one file; `name` is how messages call it. */
export function failureOf(name: string): Failure {
  return (code, problem) => new ModelError(code, `Cannot read weights "${name}": ${problem}`);
}
