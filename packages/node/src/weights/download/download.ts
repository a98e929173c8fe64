/**
 * @file A file from the network to the disk, whole or not at all.
 *
 * A download goes to a part (`part-file.ts`), which an interruption leaves and the next one goes on
 * with: `Range` asks for the rest, `If-Range` for everything should the file be another by now. A
 * cut connection is opened again a few times. Only what has the expected hash, read back from the
 * disk, gets the file's name. A part that was gone on with and comes out wrong is fetched once more
 * from its start; a wrong file is not kept.
 */
import { type FileHandle, mkdir, open, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { isFull } from "../../files/write-file.js";
import { type Checksum, checksumNames, hashFile } from "./checksum.js";
import { Cut, type Http, refused, unreachable } from "./http.js";
import {
  dropPart,
  finishPart,
  markPart,
  type Part,
  releasePart,
  takePart,
  touchPart,
} from "./part-file.js";

/** A file of a server, and where it is to be. */
export interface RemoteFile {
  readonly url: string;
  readonly path: string;
  readonly checksum: Checksum;
  /** Its size, where that is known beforehand. */
  readonly bytes?: number | undefined;
  /** Whether it is there by now, if somebody else fetches it too. */
  readonly isWhole: () => Promise<boolean>;
}

/** How far a download is. */
export interface PullProgress {
  /** Bytes on the disk, of this and of earlier attempts. */
  readonly bytes: number;
  /** Size of the whole file, once it is known. */
  readonly totalBytes: number | undefined;
}

/** What a download needs to know of its caller. */
export interface DownloadContext {
  /** How messages call what is pulled. */
  readonly name: string;
  readonly http: Http;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (bytes: number, totalBytes: number | undefined) => void;
}

/** Attempts in a row that bring nothing, until a server is given up. */
const patience = 5;
const firstDelayMs = 250;

/**
 * Fetches a file unless it is there. Throws `ResourceError` without an answer, leave or space,
 * `ModelError` when there is no such file or it is not the expected one, and the signal's reason;
 * all but the second leave the part for the next time.
 */
export async function download(file: RemoteFile, context: DownloadContext): Promise<void> {
  await mkdir(dirname(file.path), { recursive: true });
  const { isWhole } = file;
  const onWait = (bytes: number) => context.onProgress(bytes, file.bytes);
  for (let isSecond = false; ; isSecond = true) {
    const part = await takePart(file.path, { isWhole, onWait, signal: context.signal });
    if (!part) return;
    try {
      const isPatched = await receiveAll(file, part, context);
      const problem = await findProblem(file, part, context);
      if (problem === undefined) return await finishPart(part.path, file.path);
      await dropPart(part.path);
      if (isSecond || !isPatched) throw problem;
    } catch (error) {
      if (isFull(error)) await dropPart(part.path);
      else await releasePart(part.path).catch(() => undefined); // dropped above, or out of reach
      throw error;
    }
  }
}

/** Receives until the end; whether the bytes are of several answers. */
async function receiveAll(
  file: RemoteFile,
  part: Part,
  context: DownloadContext,
): Promise<boolean> {
  await using handle = await open(part.path, "r+");
  const transfer: Transfer = {
    handle,
    bytes: part.bytes,
    totalBytes: file.bytes,
    etag: part.etag,
    isPatched: part.bytes > 0,
    hasAnswer: false,
  };
  for (let failures = 0; ; ) {
    const before = transfer.bytes;
    try {
      await touchPart(part.path);
      await receive(file, part, transfer, context);
      return transfer.isPatched;
    } catch (error) {
      context.signal?.throwIfAborted();
      if (!(error instanceof Interruption)) throw error;
      failures = transfer.bytes > before ? 0 : failures + 1;
      if (!transfer.hasAnswer || failures >= patience) {
        throw unreachable(context.name, file.url, error.found);
      }
      await sleep(firstDelayMs * 2 ** failures, undefined, { signal: context.signal });
    }
  }
}

interface Transfer {
  readonly handle: FileHandle;
  bytes: number;
  totalBytes: number | undefined;
  etag: string | undefined;
  /** Whether the bytes are of several answers. */
  isPatched: boolean;
  hasAnswer: boolean;
}

/** Something that may go better the next time: an error of the connection, or a status. */
class Interruption extends Error {
  constructor(readonly found: unknown) {
    super("The transfer was interrupted", { cause: found });
  }
}

/** One request, to its end. */
async function receive(
  file: RemoteFile,
  part: Part,
  transfer: Transfer,
  context: DownloadContext,
): Promise<void> {
  if (transfer.bytes > 0 && transfer.bytes === transfer.totalBytes) return;
  const response = await request(file.url, transfer, context);
  transfer.hasAnswer = true;
  if (!response.ok) {
    await response.body?.cancel();
    if (response.status === 416) return; // past the end: whole already, or the hash will tell
    if (isPassing(response.status)) throw new Interruption(response.status);
    throw refused(context.name, file.url, response.status);
  }
  await begin(response, part, transfer);
  transfer.totalBytes = totalOf(response, transfer) ?? file.bytes;
  await checkSpace(file.path, transfer);
  context.onProgress(transfer.bytes, transfer.totalBytes);
  for await (const chunk of chunksOf(response)) {
    await writeAll(transfer, chunk);
    context.onProgress(transfer.bytes, transfer.totalBytes);
    context.signal?.throwIfAborted();
  }
  if (transfer.totalBytes !== undefined && transfer.bytes < transfer.totalBytes) {
    throw new Interruption(new Error(`the end after ${transfer.bytes} bytes`));
  }
}

async function request(
  url: string,
  { bytes, etag }: Transfer,
  { http }: DownloadContext,
): Promise<Response> {
  const rest = { range: `bytes=${bytes}-`, ...(etag !== undefined && { "if-range": etag }) };
  // Bytes as they are: a range of a compressed answer would be one of other bytes.
  const headers = { "accept-encoding": "identity", ...(bytes > 0 && rest) };
  try {
    return await http.fetch(url, { headers });
  } catch (error) {
    throw error instanceof Cut ? new Interruption(error) : error;
  }
}

/** Goes on after the bytes that are there if the answer does, else at the start of the file. */
async function begin(response: Response, part: Part, transfer: Transfer): Promise<void> {
  const start = rangeOf(response)?.start ?? 0;
  if (response.status === 206 && start === transfer.bytes) {
    transfer.isPatched = true;
    return;
  }
  if (start !== 0) throw new Interruption(new Error(`bytes from ${start} on`));
  await transfer.handle.truncate(0);
  transfer.bytes = 0;
  transfer.isPatched = false;
  const etag = response.headers.get("etag");
  transfer.etag = etag?.startsWith('"') ? etag : undefined; // weak ones do not vouch for bytes
  await markPart(part.path, transfer.etag);
}

function rangeOf(response: Response): { start: number; total: number } | undefined {
  const header = response.headers.get("content-range") ?? "";
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header) ?? [];
  return start === undefined ? undefined : { start: Number(start), total: Number(total) };
}

function totalOf(response: Response, { bytes }: Transfer): number | undefined {
  const total = rangeOf(response)?.total;
  if (total !== undefined && Number.isFinite(total)) return total;
  const length = response.headers.get("content-length");
  return length === null ? undefined : bytes + Number(length);
}

/** What comes, with errors of the connection told from those of writing. */
async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) yield chunk;
  } catch (error) {
    throw new Interruption(error);
  }
}

/** Writes at its place rather than at the end, so that two writers could only write the same. */
async function writeAll(transfer: Transfer, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await transfer.handle.write(
      chunk,
      at,
      chunk.length - at,
      transfer.bytes,
    );
    at += bytesWritten;
    transfer.bytes += bytesWritten;
  }
}

async function checkSpace(path: string, { bytes, totalBytes = 0 }: Transfer): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  if (bavail * bsize >= totalBytes - bytes) return;
  throw Object.assign(new Error("The disk is full"), { code: "ENOSPC", path: dirname(path) });
}

/** The error of a part that has come to its end and is not the file. */
async function findProblem(
  { checksum }: RemoteFile,
  part: Part,
  { name, signal }: DownloadContext,
): Promise<ModelError | undefined> {
  const found = await hashFile(part.path, checksum.algorithm, signal);
  if (found === checksum.value) return undefined;
  const kind = checksumNames[checksum.algorithm];
  return new ModelError(
    "WEIGHTS_CHECKSUM",
    `Cannot pull weights "${name}": expected a file with ${kind} ${checksum.value}, got ${found}; it was discarded`,
  );
}

/** Statuses of a server that may answer later. */
function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
