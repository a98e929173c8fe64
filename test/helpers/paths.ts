/**
 * @file Where tests find files: in the repository, and in the data folders that may stand beside it.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = findRepository(dirname(fileURLToPath(import.meta.url)));

/** A file or folder of the repository, by its path from the root. */
export function repositoryFile(path: string): string {
  return join(repository, path);
}

/**
 * A file or folder of `shared/` beside the repository (photo sets, odd images, reference tables),
 * with the reason to skip where it is absent: `it("...", { skip }, ...)`.
 */
export function sharedFile(path: string): { path: string; skip: string | false } {
  const full = join(repository, "..", "shared", path);
  return { path: full, skip: existsSync(full) ? false : `../shared/${path} is not here` };
}

/** The packages have a `package.json` of their own; this file is at the root alone. */
function findRepository(folder: string): string {
  return existsSync(join(folder, "tsconfig.base.json")) ? folder : findRepository(dirname(folder));
}
