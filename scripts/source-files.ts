/**
 * @file The TypeScript files of the repository, for the checks.
 */
import { readdirSync, readFileSync } from "node:fs";
import { repositoryFile } from "../test/helpers/paths.js";

/** A file with its text; the path is relative to the repository, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** All TypeScript files under some folders. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(repositoryFile(folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
      .sort()
      .map((path) => ({ path, text: readFileSync(repositoryFile(path), "utf8") })),
  );
}
