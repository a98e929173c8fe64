/**
 * @file The two packages as npm packs them.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryFile } from "./paths.js";

const run = promisify(execFile);

/** A packed package: its archive, and the paths that lie in it. */
export interface Packed {
  readonly archive: string;
  readonly files: readonly string[];
}

/** Packs `packages/<name>` into a folder. */
export async function pack(name: "core" | "node", folder: string): Promise<Packed> {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await run("npm", args, { cwd: repositoryFile(`packages/${name}`) });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return {
    archive: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
  };
}
