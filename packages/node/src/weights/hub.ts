/**
 * @file Weights of the Hugging Face hub.
 *
 * Two questions to the hub give the commit of a revision and the files there with their hashes; the
 * bytes come through `download.ts`, from the address that Python takes, too. `@huggingface/hub` would
 * ask the same two, in 12 MB, and its download does not serve (`downloadFileToCacheDir` of 2.17): it
 * begins anew after a cut, checks no hash, tells no progress, and writes no refs, so that Python finds
 * nothing. The token goes along to the hub alone, not to where it redirects.
 */
import { ModelError, ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { hubFiles } from "@inception-resnet-v2/core/internal/weights/published.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { checkJson, JsonProblem } from "../json/read.js";
import { type DownloadContext, download } from "./download/download.js";
import { hubEndpoint, hubOfflineVariable, hubToken } from "./download/environment.js";
import { Cut, type Http, refused, unreachable } from "./download/http.js";
import {
  blobPath,
  type HubFile,
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
      `Cannot pull weights "${name}": expected them in the hub's cache, since ${offline} disables downloads, got nothing there`,
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
  const hubUrl = hubEndpoint();
  const api = `${hubUrl}/api/models/${id}`;
  const { fileSchema, listingSchema, revisionSchema } = await import("./hub-schema.js");
  try {
    const { body: info } = await ask(http, `${api}/revision/${encodeURIComponent(revision)}`);
    const { sha: commit } = checkJson(revisionSchema, info);
    const files: ListedFile[] = [];
    for (let url: string | undefined = `${api}/tree/${commit}`; url; ) {
      const { body, next }: Answer = await ask(http, url);
      for (const entry of checkJson(listingSchema, body)) {
        if (entry.type !== "file") continue;
        const { path, size, oid, lfs } = checkJson(fileSchema, entry);
        files.push({ commit, name: path, hash: lfs?.oid ?? oid, bytes: size });
      }
      url = next;
    }
    return files;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Refusal) {
      throw refused(name, `${hubUrl}/${id}/tree/${revision}`, error.status);
    }
    throw error instanceof Cut ? unreachable(name, hubUrl, error) : notTheHub(name, hubUrl, error);
  }
}

/** An answer of the hub, and the address of its next page, if there is one. */
interface Answer {
  readonly body: unknown;
  readonly next: string | undefined;
}

/** The status of an answer that is none. */
class Refusal extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}

async function ask({ fetch }: Http, url: string): Promise<Answer> {
  const response = await fetch(url, { headers: { accept: "application/json" } });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Refusal(response.status);
  }
  const [, next] = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("link") ?? "") ?? [];
  return { body: await response.json(), next: next && new URL(next, url).href };
}

/** The error of a server that answers, but not as the hub does: a page to log in to a network, say. */
function notTheHub(name: string, url: string, error: unknown): ResourceError {
  const message = error instanceof Error ? error.message : String(error);
  const found = error instanceof JsonProblem ? message : quote(message);
  return new ResourceError(
    "WEIGHTS_UNREACHABLE",
    `Cannot pull weights "${name}": expected a valid response of the hub from ${url}, got an invalid one (${found})`,
    { cause: error },
  );
}
