/**
 * @file Where a path to write to leads: through links, and to a file that can be replaced or to
 * something that cannot: a pipe, a terminal, a device.
 *
 * What cannot be replaced is written through: a rename would put a file in its place, which for root
 * is the end of `/dev/null`. Errors are those of the system, with `code` and `syscall`.
 */
import { constants } from "node:fs";
import { access, readdir, readlink, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Where bytes go. */
export interface Target {
  /** The path behind all links. */
  readonly path: string;
  /** Whether it is written through, not replaced. */
  readonly isStream: boolean;
  /** What is there: its permissions and owner. */
  readonly old?: { readonly mode: number; readonly uid: number; readonly gid: number };
}

/** The target of a file. Throws where a folder is there, or a file that must not be written. */
export async function fileTarget(path: string): Promise<Target> {
  if (path === "") throw systemError("ENOENT");
  const [end, isDescriptor] = await followLinks(resolve(path));
  if (isDescriptor) return { path: end, isStream: true };
  const stats = await statIfThere(end);
  if (!stats) {
    await checkFolderOf(end);
    return { path: end, isStream: false };
  }
  if (stats.isDirectory()) throw systemError("EISDIR");
  await access(end, constants.W_OK);
  if (!stats.isFile()) return { path: end, isStream: true };
  await checkFolderOf(end);
  const { mode, uid, gid } = stats;
  return { path: await realpath(end), isStream: false, old: { mode: mode & 0o777, uid, gid } };
}

/** The target of a folder. Throws where there is one with files in it, or something else. */
export async function folderTarget(path: string): Promise<string> {
  if (path === "") throw systemError("ENOENT");
  const [end] = await followLinks(resolve(path));
  const stats = await statIfThere(end);
  if (stats && !stats.isDirectory()) throw systemError("ENOTDIR");
  if (stats && (await readdir(end)).length > 0) throw systemError("ENOTEMPTY");
  await checkFolderOf(end);
  return stats ? realpath(end) : end;
}

/** Throws where no file or folder can be made beside a path. */
async function checkFolderOf(path: string): Promise<void> {
  const folder = dirname(path);
  if (!(await stat(folder)).isDirectory()) throw systemError("ENOTDIR");
  await access(folder, constants.W_OK);
}

/** A name of the system for an open file: what is behind it is no place to make another file. */
const descriptor = /^(\/dev\/(fd\/\d+|std(in|out|err))|\/proc\/[^/]+\/fd\/\d+)$/;

/** The end of a chain of links, whether something is there or not, and whether one is an open file. */
async function followLinks(path: string): Promise<[path: string, isDescriptor: boolean]> {
  let at = path;
  for (let links = 0; links < 40; links++) {
    if (descriptor.test(at)) return [at, true];
    const next = await readlink(at).catch(() => undefined);
    if (next === undefined) return [at, false];
    at = resolve(dirname(at), next);
  }
  throw systemError("ELOOP");
}

async function statIfThere(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code, syscall: "open" });
}
