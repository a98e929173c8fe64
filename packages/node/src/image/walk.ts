/**
 * @file The files below a folder: links to folders are followed, and each real folder is opened once.
 *
 * Names that start with a dot, the folders that systems and archives add, and what is no file are
 * passed over; a folder that cannot be opened does not end the search, unless it is the first.
 */
import type { Dirent, Stats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { systemPath, textOfName } from "../files/byte-path.js";
import { LeftOutList } from "./left-out.js";

/** A name in a folder, links followed. */
export interface Entry {
  readonly name: string;
  readonly kind: "file" | "folder";
  readonly isLink: boolean;
}

/** Folders that systems and archives put beside photos. */
const systemFolders = new Set([
  "__MACOSX",
  "@eaDir",
  "$RECYCLE.BIN",
  "System Volume Information",
  "lost+found",
]);
/** Files that they put there; nobody misses them. */
const systemFiles = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);

/**
 * The files and folders right inside a folder, sorted by code unit. Others go to `leftOut`, by their
 * path after `prefix`. Throws `InputError` when the folder cannot be read.
 */
export async function entriesOf(
  folder: string,
  leftOut = new LeftOutList(),
  prefix = "",
  { hidden = false } = {},
): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const { name, type } of await list(folder)) {
    const path = prefix + name;
    if (systemFiles.has(name)) continue;
    if (name.startsWith(".") && !hidden) leftOut.add("hidden", path);
    else if (systemFolders.has(name)) leftOut.add("folder of the system", path);
    else {
      const kind = await kindOf(type, join(folder, name));
      if (kind === "file" || kind === "folder") {
        found.push({ name, kind, isLink: type.isSymbolicLink() });
      } else leftOut.add(kind, path);
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** All files below a folder, relative to it, with slashes, sorted by code unit. Throws as `entriesOf`. */
export async function filesBelow(root: string, leftOut = new LeftOutList()): Promise<string[]> {
  const files: string[] = [];
  const opened = new Set<string>();
  const linked: string[] = [];
  let first: string | undefined;
  const folders = [""];
  // Links wait until all else is searched, so that a real folder is found under its own path.
  for (let at = folders.shift(); at !== undefined; at = folders.shift() ?? linked.shift()) {
    const real = await realpath(systemPath(join(root, at)), "buffer").catch(() => undefined);
    const key = real?.toString("latin1") ?? at;
    first ??= key;
    // A link to a folder that the search is inside of would lead round, and to photos beside it.
    const isAround =
      key !== first && `${first}${sep}`.startsWith(key.endsWith(sep) ? key : key + sep);
    if (opened.has(key) || isAround) {
      leftOut.add("link to a folder that is searched anyway", at.slice(0, -1));
      continue;
    }
    opened.add(key);
    for (const { name, kind, isLink } of await openOr(root, at, leftOut)) {
      if (kind === "file") files.push(at + name);
      else (isLink ? linked : folders).push(`${at}${name}/`);
    }
  }
  return files.sort();
}

async function openOr(root: string, at: string, leftOut: LeftOutList): Promise<Entry[]> {
  try {
    return await entriesOf(join(root, at), leftOut, at);
  } catch (error) {
    if (at === "" || !(error instanceof InputError)) throw error;
    const { code } = error.cause as NodeJS.ErrnoException;
    leftOut.fail("folder", at.slice(0, -1), code);
    return [];
  }
}

/** What a name stands for, links not followed. */
type EntryType = Pick<Stats, "isFile" | "isDirectory" | "isSymbolicLink">;

async function kindOf(type: EntryType, path: string): Promise<string> {
  if (type.isFile()) return "file";
  if (type.isDirectory()) return "folder";
  const stats = type.isSymbolicLink()
    ? await stat(systemPath(path)).catch(() => undefined)
    : undefined;
  if (stats?.isFile()) return "file";
  if (stats?.isDirectory()) return "folder";
  return type.isSymbolicLink() && !stats
    ? "link that leads nowhere"
    : "no file but a device or pipe";
}

async function list(folder: string): Promise<{ name: string; type: EntryType }[]> {
  const options = { withFileTypes: true, encoding: "buffer" } as const;
  let entries: readonly (Dirent<Buffer> | Buffer)[];
  try {
    entries = await readdir(systemPath(folder), options);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new InputError(
      "FOLDER_UNREADABLE",
      `Cannot search "${folder}": expected a readable folder, got ${code}`,
      { cause },
    );
  }
  const typed = entries.map(async (entry) => {
    if (!Buffer.isBuffer(entry)) return { name: textOfName(entry.name), type: entry };
    // Bun gives names without their types, and its join() spoils bytes that are no UTF-8
    const path = Buffer.concat([Buffer.from(systemPath(folder)), Buffer.from(sep), entry]);
    const type = await lstat(path).catch(() => undefined);
    return type && { name: textOfName(entry), type }; // or it is gone by now
  });
  return (await Promise.all(typed)).filter((entry) => entry !== undefined);
}
