/**
 * @file A Python with the packages that tests compare with, named by IRV2_PYTHON.
 */
import { execFileSync } from "node:child_process";

const python = process.env["IRV2_PYTHON"];

/** The reason to skip where there is none: `describe("...", { skip: skipPython }, ...)`. */
export const skipPython = python ? false : "IRV2_PYTHON is not set";

/** Runs Python, without warnings, and gives what it printed. Its errors go to ours. */
export function runPython(args: readonly string[]): string {
  const options = { stdio: ["ignore", "pipe", "inherit"] as ["ignore", "pipe", "inherit"] };
  return execFileSync(python ?? "", ["-W", "ignore", ...args], options).toString();
}
