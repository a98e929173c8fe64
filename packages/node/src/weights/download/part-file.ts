/**
 * @file The part of a file downloaded so far: one writer at a time, and no progress is lost.
 *
 * A part lies beside its target as `<target>.irv2-<host>-<pid>-<random>.incomplete`. It is in use
 * while it is written to and its process lives; after that, anybody takes it over by renaming it,
 * which only one can. So no lock has to be broken after a crash. Whoever finds a part in use waits
 * for it. Should two write all the same, each has its own file, and the last rename wins with the
 * same bytes. Beside a part, `.etag` holds the ETag of the answer that its bytes are from.
 */
import { randomBytes } from "node:crypto";
import { open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A part that this process writes. */
export interface Part {
  readonly path: string;
  /** What it held when it was taken. */
  readonly bytes: number;
  /** ETag of the answer that the bytes are from, if it had a strong one. */
  readonly etag: string | undefined;
}

/** How to wait for others. */
export interface TakeOptions {
  /** Whether the target is there by now. */
  readonly isWhole: () => Promise<boolean>;
  /** Told of the size of a part that somebody else writes. */
  readonly onWait: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** After this long without a byte, the writer is considered dead; requests time out far earlier. */
const abandonedMs = 3 * 60_000;
const pollMs = 250;

/** Takes over the largest part that is there, or begins one; nothing when the target is whole. */
export async function takePart(target: string, options: TakeOptions): Promise<Part | undefined> {
  for (;;) {
    const parts = await findParts(target);
    const busy = parts.find(({ isInUse }) => isInUse);
    if (busy) {
      options.onWait(busy.bytes);
      await sleep(pollMs, undefined, { signal: options.signal });
      continue;
    }
    if (await options.isWhole()) {
      for (const { path } of parts) await dropPart(path);
      return undefined;
    }
    const own = ownPath(target);
    const [largest] = parts.sort((a, b) => b.bytes - a.bytes);
    if (!largest) {
      await (await open(own, "wx")).close();
      return { path: own, bytes: 0, etag: undefined };
    }
    if (await adoptPart(largest.path, own)) {
      return { path: own, bytes: largest.bytes, etag: await readEtag(own) };
    }
  }
}

/** Says that the bytes to come are from another answer. */
export async function markPart(path: string, etag: string | undefined): Promise<void> {
  if (etag === undefined) await rm(etagPath(path), { force: true });
  else await writeFile(etagPath(path), etag);
}

/** Says that its writer is there, though no byte comes. */
export async function touchPart(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

/** Leaves a part to whoever comes next. */
export async function releasePart(path: string): Promise<void> {
  const { size } = await stat(path);
  if (size === 0) await dropPart(path);
  else await utimes(path, released, released);
}

/** Throws a part away. */
export async function dropPart(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(etagPath(path), { force: true });
}

/** Makes a part the target, in one step, once its bytes are on the disk. */
export async function finishPart(path: string, target: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(path, target);
  await rm(etagPath(path), { force: true });
}

/** Time of change of a part that nobody writes. */
const released = new Date(0);

interface FoundPart {
  readonly path: string;
  readonly bytes: number;
  readonly isInUse: boolean;
}

async function findParts(target: string): Promise<FoundPart[]> {
  const names = await readdir(dirname(target));
  const prefix = `${basename(target)}.irv2-`;
  const found: FoundPart[] = [];
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const [, host, pid] = /^(.+)-(\d+)-\w+\.incomplete$/.exec(name.slice(prefix.length)) ?? [];
    const path = join(dirname(target), name);
    const stats = pid === undefined ? undefined : await stat(path).catch(() => undefined);
    if (!stats) continue; // another kind of file, or taken in between
    const isFresh = Date.now() - stats.mtimeMs < abandonedMs;
    const isInUse = isFresh && (host !== ownHost() || isAlive(Number(pid)));
    found.push({ path, bytes: stats.size, isInUse });
  }
  return found;
}

async function adoptPart(path: string, own: string): Promise<boolean> {
  try {
    await touchPart(path); // first: under the new name, nobody must take it for abandoned
    await rename(path, own);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false; // somebody else has it
    throw error;
  }
  await rename(etagPath(path), etagPath(own)).catch(() => undefined); // had none
  return true;
}

function readEtag(path: string): Promise<string | undefined> {
  return readFile(etagPath(path), "utf8").catch(() => undefined);
}

function etagPath(path: string): string {
  return `${path}.etag`;
}

function ownPath(target: string): string {
  const random = randomBytes(4).toString("hex");
  return `${target}.irv2-${ownHost()}-${process.pid}-${random}.incomplete`;
}

function ownHost(): string {
  return hostname().replace(/\W/g, "_").slice(0, 32);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's
  }
}
