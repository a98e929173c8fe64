/**
 * @file Published weights by name: found in the caches that Python's tools share, else downloaded
 * into them.
 */
import { ResourceError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  publishedAs,
  publishedNames,
  type WebWeights,
} from "@inception-resnet-v2/core/internal/weights/published.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { isFull } from "../files/write-file.js";
import type { DownloadContext, PullProgress } from "./download/download.js";
import { openHttp } from "./download/http.js";
import { pullFromHub } from "./hub.js";
import { findInHubCache, isCommit, parseRepository, type Repository } from "./hub-cache.js";
import { findInKerasCache, pullToKerasCache } from "./keras-cache.js";

export type { PullProgress } from "./download/download.js";

/** How to pull. */
export interface PullOptions {
  /**
   * Called as bytes arrive, also those that another process downloads.
   * @defaultValue none
   */
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /**
   * Stops the download, and closes its connection. What has come stays in the cache, in a file that ends in
   * `.incomplete`, from which the next pull goes on.
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The path of published weights on this machine, downloaded unless they are here: `imagenet`,
 * `ens-adv`, `keras`, `keras-notop`, `slim`, or `owner/name` (`hf:owner/name`) of the Hugging Face hub,
 * also with `@revision`. The hub is asked for what is newest at a branch or tag, and what is here serves where
 * it cannot be asked. Throws `UsageError` for another name, `ResourceError` without network, permission
 * or disk space, `ModelError` when there is no such file or its hash is wrong.
 */
export async function pull(nameOrRepository: string, options: PullOptions = {}): Promise<string> {
  const source = sourceOf(nameOrRepository);
  if (!source) {
    throw new UsageError(
      "WEIGHTS_UNKNOWN",
      `Cannot pull weights ${quote(nameOrRepository)}: expected ${publishedNames.join(", ")}, or a repository of the hub as owner/name or owner/name@revision`,
    );
  }
  const { signal } = options;
  signal?.throwIfAborted();
  const here = source.isFixed ? await source.find() : undefined;
  if (here !== undefined) return here;
  await using http = await openHttp(signal);
  const onProgress = (bytes: number, totalBytes: number | undefined) =>
    options.onProgress?.({ bytes, totalBytes });
  try {
    return await source.pull({ name: nameOrRepository, http, signal, onProgress });
  } catch (error) {
    signal?.throwIfAborted();
    const isAway = error instanceof ResourceError && error.code === "WEIGHTS_UNREACHABLE";
    const older = isAway ? await source.find() : undefined;
    if (older !== undefined) return older;
    throw explain(error, nameOrRepository, source.folderVariable);
  }
}

/**
 * The path of published weights, by the names of `pull`, if they are on this machine; undefined if
 * not, and for any other text. Never uses the network.
 */
export async function findPulled(nameOrRepository: string): Promise<string | undefined> {
  return sourceOf(nameOrRepository)?.find();
}

/** A place that weights come from. */
interface Source {
  readonly find: () => Promise<string | undefined>;
  readonly pull: (context: DownloadContext) => Promise<string>;
  /** Whether what is here cannot be out of date. */
  readonly isFixed: boolean;
  /** Variable that says where downloads go. */
  readonly folderVariable: string;
}

function sourceOf(text: string): Source | undefined {
  const known = publishedAs(text);
  if (known?.place === "web") return webSource(known);
  const repository = parseRepository(known?.repository ?? text.replace(/^hf:/, ""));
  return repository && hubSource(repository, known !== undefined);
}

function webSource(weights: WebWeights): Source {
  return {
    find: () => findInKerasCache(weights),
    pull: (context) => pullToKerasCache(weights, context),
    isFixed: true,
    folderVariable: "KERAS_HOME",
  };
}

function hubSource(repository: Repository, isPublished: boolean): Source {
  return {
    find: () => findInHubCache(repository),
    pull: (context) => pullFromHub(repository, context),
    isFixed: isPublished || isCommit(repository.revision),
    folderVariable: "HF_HUB_CACHE",
  };
}

/** An error of the file system as a sentence; others as they are. */
function explain(error: unknown, name: string, variable: string): unknown {
  const { code, syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (isFull(error)) {
    return new ResourceError(
      "DISK_FULL",
      `Cannot pull weights "${name}": expected space on the disk, got ${code}; ${variable} names another folder`,
      { cause: error },
    );
  }
  if (!(error instanceof Error) || syscall === undefined || path === undefined) return error;
  return new ResourceError(
    "FILE_UNWRITABLE",
    `Cannot pull weights "${name}": expected a folder to write to, got ${code} at "${path}"; ${variable} names another`,
    { cause: error },
  );
}
