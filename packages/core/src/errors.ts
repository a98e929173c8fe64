/**
 * @file The errors a user can meet, one class per kind, each with a stable code.
 *
 * A message is one sentence: the action or thing that failed, what was expected, what was found;
 * names in quotes, shapes as `320x128x1x1`, no final period. The command line turns the class into
 * an exit code, and worker threads carry errors across as plain data (`packError`, `unpackError`).
 */

/** Base of every error this library throws on purpose. */
export class Irv2Error extends Error {
  /** Stable, machine-readable name of the problem, for example `IMAGE_UNREADABLE`. */
  readonly code: string;
  /** Exit code that the command line ends with: see `exitCodes`. */
  readonly exitCode: number = exitCodes.failed;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The documented exit codes of the command line. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  badInput: 3,
  badModel: 4,
  resource: 5,
  qualityGate: 6,
  interrupted: 130,
} as const;

/** A wrong option, argument or combination: exit code 2. */
export class UsageError extends Irv2Error {
  override readonly exitCode: number = exitCodes.usage;
}

/** An image or data folder that cannot be used: exit code 3. */
export class InputError extends Irv2Error {
  override readonly exitCode: number = exitCodes.badInput;
}

/** A weight file or model that cannot be used: exit code 4. */
export class ModelError extends Irv2Error {
  override readonly exitCode: number = exitCodes.badModel;
}

/** Out of memory, disk, network or a missing library: exit code 5. */
export class ResourceError extends Irv2Error {
  override readonly exitCode: number = exitCodes.resource;
}

/** A graph that breaks its own rules: a mistake in a program, not in its input. */
export class GraphError extends Irv2Error {}

const classes = { Irv2Error, UsageError, InputError, ModelError, ResourceError, GraphError };

/** An error as plain data, so that it survives a message between threads. */
export interface PackedError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** Turns any thrown value into data that `unpackError` restores. */
export function packError(error: unknown): PackedError {
  const known = error instanceof Error ? error : new Error(String(error));
  const code = known instanceof Irv2Error ? known.code : "UNEXPECTED";
  return { name: known.name, code, message: known.message, stack: known.stack };
}

/** Restores an error packed by `packError`, with its class. */
export function unpackError(packed: PackedError): Error {
  const known = Object.entries(classes).find(([name]) => name === packed.name)?.[1];
  const error = known ? new known(packed.code, packed.message) : new Error(packed.message);
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}
