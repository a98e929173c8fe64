/**
 * @file The version of this package, from the one place that states it.
 */
import { readFileSync } from "node:fs";

/** Version as in package.json, for example `0.1.0`. */
export function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
