/**
 * @file The files that a pattern matches; no folder is opened that it cannot match.
 */
import { join } from "node:path";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import type { LeftOutList } from "./left-out.js";
import { entriesOf, filesBelow } from "./walk.js";

/**
 * The files below `root` that the parts of a pattern match, relative to it, with slashes, sorted by
 * code unit. Throws `InputError` when `root` cannot be read.
 */
export async function filesLike(
  root: string,
  parts: readonly string[],
  leftOut: LeftOutList,
): Promise<string[]> {
  const deep = parts.indexOf("**");
  const flat = deep < 0 ? parts.slice(0, -1) : parts.slice(0, deep);
  let folders = [""];
  for (const part of flat) folders = await below(root, folders, part, "folder", leftOut);
  if (deep < 0) return below(root, folders, parts.at(-1) ?? "", "file", leftOut);
  const matching = matcher(parts.slice(deep));
  const files: string[] = [];
  for (const folder of folders) {
    const found = await filesBelow(join(root, folder), leftOut.under(folder));
    files.push(...found.filter((file) => matching.test(file)).map((file) => folder + file));
  }
  return files.sort();
}

/** Names in folders that match one part; folders with a slash at the end. */
async function below(
  root: string,
  folders: readonly string[],
  part: string,
  wanted: "file" | "folder",
  leftOut: LeftOutList,
): Promise<string[]> {
  const matching = matcher([part]);
  const found: string[] = [];
  for (const folder of folders) {
    const options = { hidden: part.startsWith(".") };
    // What one part does not match is not meant, so it is not left out.
    const entries = await entriesOf(join(root, folder), undefined, folder, options).catch(
      (error) => {
        if (folder === "" || !(error instanceof InputError)) throw error;
        const { code } = error.cause as NodeJS.ErrnoException;
        leftOut.fail("folder", folder.slice(0, -1), code);
        return [];
      },
    );
    const names = entries.filter(({ name, kind }) => kind === wanted && matching.test(name));
    found.push(...names.map(({ name }) => `${folder}${name}${wanted === "folder" ? "/" : ""}`));
  }
  return found.sort();
}

/** The pattern of a relative path with slashes. */
function matcher(parts: readonly string[]): RegExp {
  const last = parts.length - 1;
  const sources = parts.map((part, index) => {
    if (part === "**") return index === last ? ".*" : "(?:[^/]+/)*";
    const name = part
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", "[^/]*")
      .replaceAll("?", "[^/]");
    return index === last ? name : `${name}/`;
  });
  return new RegExp(`^${sources.join("")}$`, "u");
}
