/**
 * @file The TypeScript files of the repository, for the checks.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";

/** A file with its text; the path is relative to the repository, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** All TypeScript files under some folders, but what was built or installed there. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  const present = folders.filter((folder) => existsSync(repositoryFile(folder)));
  return present.flatMap((folder) =>
    readdirSync(repositoryFile(folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !/(^|[\\/])(dist|node_modules)[\\/]/.test(path))
      .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
      .sort()
      .map((path) => ({ path, text: readFileSync(repositoryFile(path), "utf8") })),
  );
}
