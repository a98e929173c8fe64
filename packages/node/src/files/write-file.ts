/**
 * @file Files written beside and renamed: no half of one is ever under its final name, and a failure
 * leaves nothing behind but what was there before.
 *
 * Bytes are on the disk before the rename, so after a power cut the name leads to the old file or to
 * the new one, whole. What a killed process leaves ends in `.<hex>.tmp`. A link stays one: the file
 * it leads to is replaced, and keeps its permissions. What is no regular file gets the bytes of one
 * that is made whole in the folder for temporary files.
 */
import { randomUUID } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, mkdir, mkdtemp, open, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { fileTarget, folderTarget, type Target } from "./target.js";

/** How to write. */
export interface WriteFileOptions {
  /** What is written, for the message of an error, such as `weights`; the path alone by default. */
  readonly what?: string;
  /** Stops before the next part; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Looks at what was written, under the name that it has so far; what was there before stays where
   * this throws.
   */
  readonly look?: ((beside: string) => Promise<void>) | undefined;
}

/** Bytes, or text in UTF-8, in the order of the file. */
export type FileParts = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/**
 * Throws `ResourceError` where `writeParts` could not write: asked before the work that comes first.
 * Neither a full disk nor a quota shows here.
 */
export async function checkFilePlace(path: string, options: WriteFileOptions = {}): Promise<void> {
  await explaining(path, filePlace, options, () => fileTarget(path));
}

/** Throws `ResourceError` where `writeFolder` could not write. */
export async function checkFolderPlace(
  path: string,
  options: WriteFileOptions = {},
): Promise<void> {
  await explaining(path, folderPlace, options, () => folderTarget(path));
}

const filePlace = "a place for the file";
const folderPlace = "a place for a new folder";

/**
 * Writes a file part by part. Passes on what `parts` throws; throws `ResourceError` when the file
 * cannot be written, `DISK_FULL` where there is no space.
 */
export async function writeParts(
  path: string,
  parts: FileParts,
  options: WriteFileOptions = {},
): Promise<void> {
  await explaining(path, filePlace, options, async () => {
    const target = await fileTarget(path);
    const write = async (place: string) => {
      await writeNew(place, parts, options, target.old);
      await options.look?.(place);
    };
    await (target.isStream ? writeThrough(target.path, write) : writeBeside(target.path, write));
  });
}

/**
 * Writes a file that took long to make: where that fails it is written into a new folder for temporary
 * files, which the error then names. Throws as `writeParts` does.
 */
export async function writeOrKeep(
  path: string,
  parts: () => FileParts,
  options: WriteFileOptions = {},
): Promise<void> {
  try {
    await writeParts(path, parts(), options);
  } catch (cause) {
    if (!(cause instanceof ResourceError)) throw cause;
    const folder = await mkdtemp(join(tmpdir(), "irv2-kept-")).catch(() => "");
    const kept = join(folder, basename(path));
    const isKept = folder !== "" && (await keep(kept, parts(), options));
    if (!isKept) throw cause;
    throw new ResourceError(cause.code, `${cause.message}; it is kept in "${kept}"`, { cause });
  }
}

/** Writes a text. Throws as `writeParts` does. */
export async function writeText(
  path: string,
  text: string,
  options: WriteFileOptions = {},
): Promise<void> {
  await writeParts(path, [text], options);
}

/**
 * Writes files into a new folder, or in place of an empty one. Throws as `writeParts` does; nothing is
 * left behind then.
 */
export async function writeFolder(
  path: string,
  files: Iterable<readonly [name: string, bytes: Uint8Array]>,
  options: WriteFileOptions = {},
): Promise<void> {
  await explaining(path, folderPlace, options, async () =>
    writeBeside(await folderTarget(path), async (beside) => {
      await mkdir(beside);
      for (const [name, bytes] of files) await writeNew(join(beside, name), [bytes], options);
      await options.look?.(beside);
    }),
  );
}

/**
 * Lets `write` make a file, folder or link under a name of its own beside `path`, and renames it.
 * Passes on what goes wrong, when it has removed what there is of it.
 */
export async function writeBeside(
  path: string,
  write: (beside: string) => Promise<void>,
): Promise<void> {
  const beside = `${path.replace(/[/\\]+$/, "")}.${randomUUID()}.tmp`;
  try {
    await write(beside);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** Whether a name is one that `writeBeside` gave to what is not yet whole. */
export function isUnfinished(name: string): boolean {
  return /\.[\da-f-]+\.tmp$/.test(name);
}

/** Whether there was no space to write: on the disk, of a quota, or of a limit to files. */
export function isFull(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
}

/** Lets `write` make a file elsewhere, and hands its bytes to what is at `path`. */
async function writeThrough(path: string, write: (place: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "irv2-"));
  try {
    const whole = join(folder, basename(path));
    await write(whole);
    const file = await open(path, constants.O_WRONLY | constants.O_APPEND);
    try {
      for await (const chunk of createReadStream(whole)) await file.writeFile(chunk as Uint8Array);
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function keep(path: string, parts: FileParts, options: WriteFileOptions): Promise<boolean> {
  return writeNew(path, parts, options).then(
    () => true,
    () => rm(path, { force: true }).then(() => false),
  );
}

async function writeNew(
  path: string,
  parts: FileParts,
  { signal }: WriteFileOptions,
  old?: Target["old"],
): Promise<void> {
  signal?.throwIfAborted();
  const file = await open(path, "wx");
  try {
    if (old) await likeOld(file, old);
    for await (const part of parts) {
      signal?.throwIfAborted();
      await file.writeFile(part);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  signal?.throwIfAborted();
}

/** Permissions, and the owner where that is allowed. */
async function likeOld(file: FileHandle, { mode, uid, gid }: NonNullable<Target["old"]>) {
  if (uid !== process.getuid?.()) await file.chown(uid, gid).catch(() => {});
  await file.chmod(mode);
}

/** Puts an error of the system into words; what else is thrown comes from the caller's parts. */
async function explaining(
  path: string,
  place: string,
  { what }: WriteFileOptions,
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const { syscall, code } = cause as NodeJS.ErrnoException;
    if (syscall === undefined) throw cause;
    const subject = what === undefined ? `"${path}"` : `${what} "${path}"`;
    throw new ResourceError(
      isFull(cause) ? "DISK_FULL" : "FILE_UNWRITABLE",
      `Cannot write ${subject}: expected ${isFull(cause) ? "space on the disk" : place}, got ${code}`,
      { cause },
    );
  }
}
