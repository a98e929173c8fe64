/**
 * @file The command line as a process of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { repositoryFile } from "./paths.js";

/** What a process left; no code where a signal ended it. */
export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program, for a process that is started in another way. */
export const program = repositoryFile("packages/node/dist/cli/main.js");

/** How to start it: `limit` is the largest file that it may write, in KiB. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly limit?: number;
  readonly cwd?: string;
}

/** Starts `irv2`. */
export function startIrv2(
  args: readonly string[],
  { env = {}, limit, cwd }: StartOptions = {},
): { child: ChildProcess; done: Promise<Result> } {
  const command = [process.execPath, program, ...args];
  const limited = ["bash", "-c", `ulimit -f ${limit}; exec "$@"`, "irv2", ...command];
  const [file = "", ...rest] = limit === undefined ? command : limited;
  const child = spawn(file, rest, { env: { ...process.env, ...env }, cwd });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const done = new Promise<Result>((resolve) => {
    child.on("close", (code, signal) => {
      const [stdout, stderr] = [Buffer.concat(out).toString(), Buffer.concat(err).toString()];
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { child, done };
}

/** Runs `irv2` to its end. */
export function runIrv2(args: readonly string[], options: StartOptions = {}): Promise<Result> {
  return startIrv2(args, options).done;
}

/** The JSON values of the lines. */
export function jsonLines<T>(text: string): T[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}
