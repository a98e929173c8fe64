/**
 * @file The errors a user can meet, one class per kind, each with a stable code.
 *
 * A message is one sentence: the action or thing that failed, what was expected, what was found;
 * names in quotes, shapes as `320x128x1x1`, no final period. It names options of the library; what a
 * program around it makes of an error (an exit code, a flag, a status) is decided there, by class and
 * code. Worker threads carry errors across as plain data (`packError`, `unpackError`).
 */
import type { ErrorCode } from "./error-codes.js";

export type { ErrorCode };

/** Base of every error this library throws on purpose. */
export class Irv2Error extends Error {
  /** Stable, machine-readable name of the problem, for example `IMAGE_UNREADABLE`. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A wrong option, argument or combination. */
export class UsageError extends Irv2Error {
  /** Name of the option of the library that is at fault, for example `batch`; undefined if none is. */
  readonly option: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: ErrorOptions & { readonly option?: string },
  ) {
    super(code, message, options);
    this.option = options?.option;
  }
}

/** An image or data folder that cannot be used. */
export class InputError extends Irv2Error {}

/** A weight file or model that cannot be used. */
export class ModelError extends Irv2Error {}

/** Out of memory, disk, network or a missing library. */
export class ResourceError extends Irv2Error {}

/** A graph that breaks its own rules: a mistake in a program, not in its input. */
export class GraphError extends Irv2Error {}

/** A function of a native library that failed. */
export class NativeError extends Irv2Error {
  /** What it returned. */
  readonly status: number;

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly status: number },
  ) {
    super(code, message, options);
    this.status = options.status;
  }
}

const ownClasses = {
  Irv2Error,
  UsageError,
  InputError,
  ModelError,
  ResourceError,
  GraphError,
  NativeError,
};

/** Name of a class of this library's errors. */
export type ErrorClass = keyof typeof ownClasses;

/** Classes that keep their identity across threads: ours, and those of the language. */
const classes = [
  Object.values(ownClasses),
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
].flat();

/** An error as plain data, so that it survives a message between threads. */
export interface PackedError {
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack?: string | undefined;
  /** What else the error says of itself: texts, numbers and truth values. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
  /** The error behind it. */
  readonly cause?: PackedError | undefined;
}

/** Turns any thrown value into data that `unpackError` restores. */
export function packError(error: unknown): PackedError {
  const known = error instanceof Error ? error : new Error(String(error));
  const code = known instanceof Irv2Error ? known.code : "UNEXPECTED";
  const plain = Object.entries(known).filter(([, value]) => Object(value) !== value);
  return {
    name: known.name,
    code,
    message: known.message,
    stack: known.stack,
    fields: Object.fromEntries(plain),
    ...(known.cause instanceof Error && { cause: packError(known.cause) }),
  };
}

/** Restores an error packed by `packError`: its class, its code and what is behind it. */
export function unpackError({ name, message, stack, fields, cause }: PackedError): Error {
  const error = new Error(message, cause && { cause: unpackError(cause) });
  const known = classes.find((one) => one.name === name);
  if (known) Object.setPrototypeOf(error, known.prototype);
  Object.assign(error, fields);
  if (stack !== undefined) error.stack = stack;
  return error;
}
