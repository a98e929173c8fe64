/**
 * @file The hub's cache on this machine, in the layout of Python's huggingface_hub, so that what one
 * side has downloaded the other finds.
 *
 *     models--<owner>--<name>/
 *       blobs/<hash>                     the bytes, by their SHA-256 (git's hash for small files)
 *       snapshots/<commit>/<file>        a relative link into blobs
 *       refs/<revision>                  the commit that a branch or tag was last seen at
 *
 * What refers to something is written after it: at no moment does a link or a ref lead nowhere.
 */
import { access, mkdir, readFile, readlink, rename, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { hubFiles } from "@inception-resnet-v2/core/internal/weights/published.js";
import { writeBeside } from "../files/write-file.js";
import { hubCacheFolder } from "./download/environment.js";

/** A repository of models at a branch, tag or commit. */
export interface Repository {
  /** `owner/name`. */
  readonly id: string;
  readonly revision: string;
}

/** A file of a repository, as the hub lists it. */
export interface HubFile {
  readonly commit: string;
  readonly name: string;
  /** Name of its blob. */
  readonly hash: string;
}

/** `owner/name` or `owner/name@revision`; undefined for another text. */
export function parseRepository(text: string): Repository | undefined {
  const [, id, revision = "main"] =
    /^([\w.-]+\/[\w.-]+)(?:@([\w.-]+(?:\/[\w.-]+)*))?$/.exec(text) ?? [];
  if (id === undefined || id.length > 96 || id.includes("--")) return undefined;
  // Both become paths of folders, which must not lead out of the cache.
  const parts = `${id}/${revision}`.split("/");
  return parts.some((part) => /^\.|\.\./.test(part)) ? undefined : { id, revision };
}

/** Whether a revision cannot move. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** The weights of a repository that are here, at the commit last seen of its revision. */
export async function findInHubCache(repository: Repository): Promise<string | undefined> {
  const { revision } = repository;
  const commit = isCommit(revision)
    ? revision
    : await readFile(refPath(repository), "utf8").catch(() => "");
  if (!isCommit(commit)) return undefined;
  for (const name of hubFiles) {
    const path = snapshotPath(repository, { commit, name });
    if (await isThere(path)) return path;
  }
  return undefined;
}

/** Where the bytes of a file are, or are to be. */
export function blobPath(repository: Repository, { hash }: Pick<HubFile, "hash">): string {
  return join(repositoryFolder(repository), "blobs", hash);
}

/** Where a file is found under its name. */
export function snapshotPath(
  repository: Repository,
  { commit, name }: Pick<HubFile, "commit" | "name">,
): string {
  return join(repositoryFolder(repository), "snapshots", commit, name);
}

/** Names the bytes of a file that is here. */
export async function linkSnapshot(repository: Repository, file: HubFile): Promise<void> {
  const [blob, path] = [blobPath(repository, file), snapshotPath(repository, file)];
  const target = relative(dirname(path), blob);
  if ((await readlink(path).catch(() => undefined)) === target) return;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeBeside(path, (beside) => symlink(target, beside));
  } catch (error) {
    // Windows without leave to make links: huggingface_hub moves the file there, too.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    await rename(blob, path);
  }
}

/** Remembers the commit of a branch or tag. */
export async function writeRef(repository: Repository, commit: string): Promise<void> {
  if (isCommit(repository.revision)) return;
  const path = refPath(repository);
  if ((await readFile(path, "utf8").catch(() => undefined)) === commit) return;
  await mkdir(dirname(path), { recursive: true });
  await writeBeside(path, (beside) => writeFile(beside, commit));
}

/** Whether a file, or what a link leads to, exists. */
export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function repositoryFolder({ id }: Repository): string {
  return join(hubCacheFolder(), `models--${id.replace("/", "--")}`);
}

function refPath(repository: Repository): string {
  return join(repositoryFolder(repository), "refs", repository.revision);
}
