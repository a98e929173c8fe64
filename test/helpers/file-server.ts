/**
 * @file Servers on real sockets that answer as the web and the hub do, and misbehave on request.
 *
 * The hub lists its files and redirects to a second server for their bytes, as huggingface.co does to
 * its content network. Faults apply to requests for bytes, one each, in the order given.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What goes wrong with a request for bytes. */
export type Fault =
  /** The connection breaks after so many bytes. */
  | { readonly cutAfter: number }
  /** Nothing more comes after so many bytes, and the connection stays. */
  | { readonly hangAfter: number }
  /** Bytes come slowly: so many each 20 ms. */
  | { readonly bytesEach20Ms: number }
  | { readonly status: number }
  /** The file is said to be of this length, and does not come. */
  | { readonly claims: number }
  /** Another file comes. */
  | { readonly instead: Buffer }
  | "no ranges"
  | "no length"
  | "none";

/** A request that came. */
export interface Seen {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
  readonly status: number;
}

/** A server of files by their path. */
export interface FileServer extends AsyncDisposable {
  readonly url: string;
  readonly files: Map<string, Buffer>;
  readonly faults: Fault[];
  readonly seen: Seen[];
  /** How many connections are open. */
  connections(): Promise<number>;
}

/** Starts a server of files. */
export async function startFileServer(files: Readonly<Record<string, Buffer>> = {}) {
  const server = { files: new Map(Object.entries(files)), faults: [] as Fault[] };
  return listen(server, (request, response) => {
    const content = server.files.get(pathOf(request));
    if (content) serve(request, response, content, server.faults.shift() ?? "none");
    else response.writeHead(404).end();
  });
}

/** A repository of the hub. */
export interface FakeRepository {
  readonly commits: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, { readonly content: Buffer; readonly isLarge: boolean }>>;
  /** Who may read it; everybody where it is not given. */
  readonly token?: string;
  /** Most files of one answer that lists them; all where it is not given. */
  readonly pageSize?: number;
}

/** A hub, and the server that it redirects to for bytes. */
export interface Hub extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
  readonly content: FileServer;
  readonly repositories: Map<string, FakeRepository>;
}

/** Starts a hub; Python's client asks a host of another name for bytes, not another port alone. */
export async function startHub(
  repositories: Readonly<Record<string, FakeRepository>>,
  contentHost = "127.0.0.1",
): Promise<Hub> {
  const content = await startFileServer();
  const parts = { content, repositories: new Map(Object.entries(repositories)) };
  const hub = await listen(parts, (request, response) => {
    const [, api, id = "", verb, revision = "", name] =
      /^(\/api\/models)?\/([^/]+\/[^/]+)\/(revision|tree|resolve)\/([^/]+)(?:\/(.+))?$/.exec(
        pathOf(request),
      ) ?? [];
    const repository = parts.repositories.get(id);
    const commit = commitOf(repository, decodeURIComponent(revision));
    const isAllowed = request.headers.authorization === `Bearer ${repository?.token}`;
    if (!repository || (repository.token && !isAllowed)) return void response.writeHead(401).end();
    if (!commit) return void response.writeHead(404).end();
    if (api && verb === "revision") return json(response, { _id: "1", id, sha: commit });
    if (api) return listFiles(request, response, repository);
    const file = repository.files[name ?? ""];
    if (!file) return void response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    const path = `/bytes/${hashOf(file)}`;
    content.files.set(path, file.content);
    response.writeHead(302, {
      location: `http://${contentHost}:${new URL(content.url).port}${path}`,
      "x-repo-commit": commit,
      "x-linked-etag": `"${hashOf(file)}"`,
      "x-linked-size": file.content.length,
    });
    response.end();
  });
  const disposeHub = hub[Symbol.asyncDispose];
  return Object.assign(hub, {
    async [Symbol.asyncDispose]() {
      await disposeHub();
      await content[Symbol.asyncDispose]();
    },
  });
}

/** The hash that the hub lists for a file. */
export function hashOf({ content, isLarge }: FakeRepository["files"][string]): string {
  if (isLarge) return createHash("sha256").update(content).digest("hex");
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

function listOf({ files }: FakeRepository): object[] {
  return Object.entries(files).map(([path, file]) => ({
    type: "file",
    path,
    size: file.content.length,
    oid: hashOf({ ...file, isLarge: false }),
    ...(file.isLarge && {
      lfs: { oid: hashOf(file), size: file.content.length, pointerSize: 134 },
    }),
  }));
}

/** Lists a page of files, and where the next page is, as the hub does. */
function listFiles(
  request: IncomingMessage,
  response: ServerResponse,
  repository: FakeRepository,
): void {
  const all = listOf(repository);
  const url = new URL(request.url ?? "", `http://${request.headers.host}`);
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const to = from + (repository.pageSize ?? all.length);
  if (to < all.length) {
    url.searchParams.set("cursor", String(to));
    response.setHeader("link", `<${url}>; rel="next"`);
  }
  json(response, all.slice(from, to));
}

function commitOf(repository: FakeRepository | undefined, revision: string): string | undefined {
  const commits = repository?.commits ?? {};
  return commits[revision] ?? Object.values(commits).find((commit) => commit === revision);
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

async function listen<T extends object>(
  parts: T,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<T & Pick<FileServer, "url" | "seen" | "connections"> & AsyncDisposable> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    answer(request, response);
    seen.push({
      path: request.url ?? "",
      range: request.headers.range,
      ifRange: request.headers["if-range"] as string | undefined,
      authorization: request.headers.authorization,
      status: response.statusCode,
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(parts, {
    url,
    seen,
    connections: () =>
      new Promise<number>((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? "", "http://here").pathname;
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  content: Buffer,
  fault: Fault,
): void {
  if (typeof fault === "object" && "status" in fault) {
    response.writeHead(fault.status).end();
    return;
  }
  if (typeof fault === "object" && "claims" in fault) {
    response.writeHead(200, { "content-length": fault.claims }).flushHeaders();
    return;
  }
  const whole = typeof fault === "object" && "instead" in fault ? fault.instead : content;
  const etag = `"${createHash("md5").update(whole).digest("hex")}"`;
  const ifRange = request.headers["if-range"];
  const [, asked] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
  const isRange = asked !== undefined && fault !== "no ranges" && (ifRange ?? etag) === etag;
  const start = isRange ? Number(asked) : 0;
  if (isRange && start >= whole.length) {
    response.writeHead(416, { "content-range": `bytes */${whole.length}` }).end();
    return;
  }
  const rest = whole.subarray(start);
  const range = `bytes ${start}-${whole.length - 1}/${whole.length}`;
  response.writeHead(isRange ? 206 : 200, {
    etag,
    ...(fault !== "no length" && { "content-length": rest.length }),
    ...(isRange && { "content-range": range }),
  });
  if (request.method === "HEAD") response.end();
  else void send(response, rest, fault);
}

async function send(response: ServerResponse, bytes: Buffer, fault: Fault): Promise<void> {
  if (typeof fault === "string" || "instead" in fault) {
    response.end(bytes);
  } else if ("cutAfter" in fault) {
    // A client that is told of the cut while bytes still wait to be read may drop those.
    response.write(bytes.subarray(0, fault.cutAfter));
    setTimeout(() => response.socket?.destroy(), 100);
  } else if ("hangAfter" in fault) {
    response.write(bytes.subarray(0, fault.hangAfter));
  } else if ("bytesEach20Ms" in fault) {
    for (let at = 0; at < bytes.length && !response.destroyed; at += fault.bytesEach20Ms) {
      response.write(bytes.subarray(at, at + fault.bytesEach20Ms));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    response.end();
  }
}
