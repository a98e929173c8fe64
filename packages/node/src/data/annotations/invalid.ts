/**
 * @file The error of a table that is not what it should be.
 */
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";

/** The error; `expected` goes on to what was found. */
export function invalid(file: string, expected: string, options?: ErrorOptions): InputError {
  return new InputError(
    "ANNOTATIONS_INVALID",
    `Cannot use the annotations "${file}": expected ${expected}`,
    options,
  );
}

/** Lines that a message names. */
const linesNamed = 3;

/** What is amiss in the rows of a table: all of it is found before one message tells of it. */
export class RowProblems {
  readonly #found = new Map<string, { got: string; line: number }[]>();

  /** Notes that a row is not what is expected of every row. */
  add(expected: string, got: string, line: number): void {
    const list = this.#found.get(expected);
    if (list) list.push({ got, line });
    else this.#found.set(expected, [{ got, line }]);
  }

  /** Throws `InputError` where anything was noted: the first kind, and how many rows of others. */
  check(file: string): void {
    const [first, ...others] = this.#found;
    if (!first) return;
    const [expected, list] = first;
    const shown = list.slice(0, linesNamed).map(({ got, line }) => `${got} in line ${line}`);
    const more = list.length - shown.length;
    const rest = others.reduce((sum, [, { length }]) => sum + length, 0);
    throw invalid(
      file,
      [
        `${expected}, got ${shown.join(", ")}`,
        more > 0 ? ` and ${more} more` : "",
        rest > 0 ? `; ${rest} more rows are wrong in other ways` : "",
      ].join(""),
    );
  }
}
