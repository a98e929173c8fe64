/**
 * @file Weights of the Hugging Face hub.
 *
 * `@huggingface/hub` asks for the commit and the files with their hashes. Its own download does not
 * serve (`downloadFileToCacheDir` of 2.17): it begins anew after a cut, checks no hash, tells no
 * progress, cannot be stopped, lets two processes write one file, prints to the console, names
 * snapshots after the last commit of the file instead of the revision's, and writes no refs, so that
 * Python finds nothing. The bytes therefore come through `download.ts`, from the address that Python
 * takes, too. The token goes along to the hub alone, not to where it redirects.
 */
import { ModelError, ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { hubFiles } from "@inception-resnet-v2/core/internal/weights/published.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { type DownloadContext, download } from "./download/download.js";
import { hubEndpoint, hubOfflineVariable, hubToken } from "./download/environment.js";
import { Cut, type Http, refused, unreachable } from "./download/http.js";
import {
  blobPath,
  type HubFile,
  isCommit,
  isThere,
  linkSnapshot,
  type Repository,
  snapshotPath,
  writeRef,
} from "./hub-cache.js";

/** What is known of a file before it is here. */
interface ListedFile extends HubFile {
  readonly bytes: number;
}

/**
 * The path of a repository's weights in the hub's cache, downloaded unless they are there. Throws
 * `ResourceError` without network or leave, `ModelError` when there are no weights.
 */
export async function pullFromHub(
  repository: Repository,
  context: DownloadContext,
): Promise<string> {
  const { name } = context;
  const offline = hubOfflineVariable();
  if (offline !== undefined) {
    throw new ResourceError(
      "WEIGHTS_UNREACHABLE",
      `Cannot pull weights "${name}": expected them in the hub's cache, since ${offline} forbids to ask the hub, got nothing there`,
    );
  }
  const http = await withToken(context.http);
  const file = await findFile(repository, { ...context, http });
  const path = snapshotPath(repository, file);
  if (await isThere(path)) {
    await writeRef(repository, file.commit).catch(() => undefined); // a cache may be read-only
    return path;
  }
  const blob = blobPath(repository, file);
  await download(
    {
      url: `${hubEndpoint()}/${repository.id}/resolve/${file.commit}/${file.name}`,
      path: blob,
      bytes: file.bytes,
      checksum: { algorithm: file.hash.length === 64 ? "sha256" : "git", value: file.hash },
      isWhole: () => isThere(blob),
    },
    { ...context, http },
  );
  await linkSnapshot(repository, file);
  await writeRef(repository, file.commit);
  return path;
}

/** The client, with the user's token for what it asks of the hub. */
async function withToken(http: Http): Promise<Http> {
  const token = await hubToken();
  if (token === undefined) return http;
  const { origin } = new URL(hubEndpoint());
  const fetchWithToken = (url: string | URL, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (new URL(url).origin === origin) headers.set("authorization", `Bearer ${token}`);
    return http.fetch(url, { ...init, headers: Object.fromEntries(headers) });
  };
  return { ...http, fetch: fetchWithToken as typeof fetch };
}

/** The best of the files with weights. */
async function findFile(repository: Repository, context: DownloadContext): Promise<ListedFile> {
  const files = await listRepository(repository, context);
  const best = hubFiles.flatMap((name) => files.filter((file) => file.name === name))[0];
  if (best) return best;
  const shown = files.slice(0, 10).map(({ name }) => quote(name));
  if (files.length > shown.length) shown.push(`${files.length - shown.length} more`);
  throw new ModelError(
    "WEIGHTS_MISSING",
    `Cannot pull weights "${context.name}": expected ${hubFiles.join(" or ")} in the repository, got ${shown.join(", ") || "no files"}`,
  );
}

/** All files of a repository's root at the commit of its revision. */
async function listRepository(
  { id, revision }: Repository,
  { name, http, signal }: DownloadContext,
): Promise<ListedFile[]> {
  const { HubApiError, listFiles, modelInfo } = await import("@huggingface/hub");
  const hubUrl = hubEndpoint();
  const params = { hubUrl, fetch: http.fetch };
  try {
    const info = await modelInfo({ ...params, name: id, revision, additionalFields: ["sha"] });
    const commit = String(info.sha);
    if (!isCommit(commit)) throw new Error(`commit ${quote(commit)}`);
    const repo = { type: "model", name: id } as const;
    const files: ListedFile[] = [];
    for await (const entry of listFiles({ ...params, repo, revision: commit })) {
      if (entry.type !== "file") continue;
      const hash = entry.lfs?.oid ?? entry.oid ?? "";
      if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) throw new Error(`hash ${quote(hash)}`);
      files.push({ commit, name: entry.path, hash, bytes: entry.size });
    }
    return files;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof HubApiError) {
      throw refused(name, `${hubUrl}/${id}/tree/${revision}`, error.statusCode);
    }
    throw error instanceof Cut ? unreachable(name, hubUrl, error) : notTheHub(name, hubUrl, error);
  }
}

/** The error of a server that answers, but not as the hub does: a page to log in to a network, say. */
function notTheHub(name: string, url: string, error: unknown): ResourceError {
  const found = error instanceof Error ? error.message : String(error);
  return new ResourceError(
    "WEIGHTS_UNREACHABLE",
    `Cannot pull weights "${name}": expected an answer of the hub from ${url}, got something else (${quote(found)})`,
    { cause: error },
  );
}
