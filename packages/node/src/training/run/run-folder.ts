/**
 * @file The folder of a run: `config.json` first, then weights, checkpoint, figures and report.
 *
 *   config.json  photos.json  results.csv  events.out.tfevents.*  report.html  state.safetensors
 *   weights/best.safetensors  weights/last.safetensors
 */
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ModelError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { isUnfinished } from "../../files/write-file.js";
import { JsonProblem, readJson } from "../../json/read.js";
import type { RunConfig } from "./config-schema.js";

/** Paths of a run. */
export interface RunFolder {
  readonly path: string;
  readonly config: string;
  readonly photos: string;
  readonly results: string;
  readonly report: string;
  readonly state: string;
  readonly best: string;
  readonly last: string;
}

/** The paths in a run folder. */
export function runFolder(path: string): RunFolder {
  return {
    path,
    config: join(path, "config.json"),
    photos: join(path, "photos.json"),
    results: join(path, "results.csv"),
    report: join(path, "report.html"),
    state: join(path, "state.safetensors"),
    best: join(path, "weights", "best.safetensors"),
    last: join(path, "weights", "last.safetensors"),
  };
}

/**
 * Throws `UsageError` when there is a run in the folder already, or none can be made there: asked
 * before the photos are looked at.
 */
export async function checkRunPlace(out: string | undefined): Promise<void> {
  if (out !== undefined) await checkNoRun(out);
  const place = out ?? "runs";
  await checkWritable(place, `Cannot start a run in "${place}"`);
}

/** Throws `UsageError` when the folder of a run takes no files. */
export async function checkRunWritable(path: string): Promise<void> {
  await checkWritable(path, `Cannot resume "${path}"`);
}

/** Makes and removes a folder at a place, or where it will be: rights alone do not tell. */
async function checkWritable(place: string, failure: string): Promise<void> {
  try {
    let at = resolve(place);
    while (!(await isThere(at))) at = dirname(at);
    await rmdir(await mkdtemp(join(at, ".irv2-")));
  } catch (cause) {
    throw unwritable(failure, cause);
  }
}

function unwritable(failure: string, cause: unknown): UsageError {
  const { code } = cause as NodeJS.ErrnoException;
  const message = `${failure}: expected a folder to write to, got ${code}`;
  return new UsageError("RUN_UNWRITABLE", message, { cause });
}

/** Whether something has this name, be it a link that leads nowhere. Throws where a name cannot be. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return false;
      throw error;
    },
  );
}

async function checkNoRun(out: string): Promise<void> {
  if (!(await exists(runFolder(out).config))) return;
  throw new UsageError(
    "RUN_EXISTS",
    `Cannot start a run in "${out}": expected a folder without one, got one with a config.json, which resume continues`,
  );
}

/**
 * Makes the folder of a new run: the one asked for, which must not hold a run already, or the first
 * of `runs/train`, `runs/train2`, ... that does not exist. Throws `UsageError`.
 */
export async function createRunFolder(out: string | undefined): Promise<RunFolder> {
  if (out !== undefined) await checkNoRun(out);
  return makeFolder(out).catch((cause) => {
    throw unwritable(`Cannot start a run in "${out ?? "runs"}"`, cause);
  });
}

async function makeFolder(out: string | undefined): Promise<RunFolder> {
  if (out !== undefined) {
    await mkdir(join(out, "weights"), { recursive: true });
    return runFolder(out);
  }
  for (let count = 1; ; count++) {
    const path = join("runs", `train${count === 1 ? "" : count}`);
    await mkdir("runs", { recursive: true });
    const isNew = await mkdir(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    );
    if (!isNew) continue;
    await mkdir(join(path, "weights"));
    return runFolder(path);
  }
}

/**
 * Reads the settings of a run. Throws `ModelError` when there is none, or when a field of it is not what
 * a run writes.
 */
export async function readRunConfig(path: string): Promise<RunConfig> {
  const { config } = runFolder(path);
  const text = await readFile(config, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new ModelError(
      "RUN_MISSING",
      `Cannot resume "${path}": expected a run folder with a config.json, got ${inWords(cause)}`,
      { cause },
    );
  });
  const { runConfigSchema } = await import("./config-schema.js");
  try {
    return readJson(runConfigSchema, text);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new ModelError("RUN_CONFIG", `Cannot read "${config}": ${error.message}`);
  }
}

function inWords({ code }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return "none";
  if (code === "ENOTDIR") return "a file";
  return code === "EISDIR" ? "a folder of that name" : `${code}`;
}

/** Removes what a killed process left: files half written, and of a new run a checkpoint without a run. */
export async function cleanRunFolder(
  { path, state }: RunFolder,
  { isNew }: { readonly isNew: boolean },
): Promise<void> {
  if (isNew) await rm(state, { force: true });
  for (const folder of [path, join(path, "weights")]) {
    const names = await readdir(folder).catch(() => []);
    const left = names.filter(isUnfinished);
    await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
  }
}

/** Whether there is something of that name. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
