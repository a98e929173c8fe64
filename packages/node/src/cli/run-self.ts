/**
 * @file Runs this same program in a child process.
 */
import { spawn } from "node:child_process";

/** What a process left. */
export interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly error: string;
}

/**
 * Runs `irv2` with arguments and variables of the environment; rejects when it cannot start, or when
 * the signal ends it.
 */
export function runSelf(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Outcome> {
  const child = spawn(process.execPath, [process.argv[1] ?? "", ...args], {
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
    killSignal: "SIGKILL",
    ...(signal && { signal }),
  });
  const [output, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const [text, error] = [Buffer.concat(output).toString(), Buffer.concat(errors).toString()];
      resolve({ code, output: text.trim(), error });
    });
  });
}
