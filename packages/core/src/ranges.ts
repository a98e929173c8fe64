/**
 * @file Which numbers an option may be: what messages call a range, and the one place that refuses
 * what lies outside: NaN, a wrong sign, a part of a whole, a text that looks like a number.
 */
import { UsageError } from "./errors.js";

/** A number within a range: what messages call it, and which numbers those are. */
export interface Range {
  readonly expected: string;
  holds(value: number): boolean;
}

/** Whole numbers from `least`. */
export function whole(least: number): Range {
  return {
    expected: `a whole number from ${least}`,
    holds: (value) => Number.isSafeInteger(value) && value >= least,
  };
}

/** Ranges by what they are for, where a name says nothing more. */
export const numbers = {
  positive: {
    expected: "a number above 0",
    holds: (value) => Number.isFinite(value) && value > 0,
  },
  notNegative: {
    expected: "a number from 0",
    holds: (value) => Number.isFinite(value) && value >= 0,
  },
  share: {
    expected: "a number from 0 and below 1",
    holds: (value) => value >= 0 && value < 1,
  },
  upTo1: {
    expected: "a number from 0 to 1",
    holds: (value) => value >= 0 && value <= 1,
  },
  count: whole(0),
  countFrom1: whole(1),
  /** How many at most; `Infinity` is all. */
  limit: {
    expected: "a whole number from 1, or Infinity",
    holds: (value) => value === Number.POSITIVE_INFINITY || whole(1).holds(value),
  },
  level: {
    expected: "whole numbers from 0 to 255",
    holds: (value) => whole(0).holds(value) && value <= 255,
  },
} as const satisfies Readonly<Record<string, Range>>;

/** Throws `UsageError` where the value of an option is no number of its range; undefined is no value. */
export function requireRange(option: string, value: unknown, { expected, holds }: Range): void {
  if (value === undefined || (typeof value === "number" && holds(value))) return;
  throw outOfRange(option, expected, value);
}

/** The same of every option that has a range here; of a list, every number must be of it. */
export function requireRanges<T extends object>(
  values: T,
  ranges: { readonly [K in keyof T]?: Range },
): void {
  for (const option of Object.keys(ranges) as (keyof T & string)[]) {
    const range = ranges[option];
    const value: unknown = values[option];
    if (range) for (const one of [value].flat()) requireRange(option, one, range);
  }
}

/** The error of an option whose value is out of its range; `inputSize` is written as `299x299`. */
export function outOfRange(option: string, expected: string, value: unknown): UsageError {
  const size = option === "inputSize" && Array.isArray(value) ? value.join("x") : undefined;
  const got = size ?? (typeof value === "string" ? `"${value}"` : String(value));
  return new UsageError(
    "OPTION_RANGE",
    `Option "${option}" is out of range: expected ${expected}, got ${got}`,
    { option },
  );
}
