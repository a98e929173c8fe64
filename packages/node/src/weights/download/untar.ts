/**
 * @file One file out of a `.tar.gz`, read as a stream; nothing but the file that is asked for is
 * written, whatever the archive holds.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { createTarDecoder } from "modern-tar";

/**
 * Writes the member of that name, in whichever folder of the archive, to `target`. Throws
 * `ModelError` when the archive is damaged or has no such member.
 */
export async function unpackMember(archive: string, member: string, target: string): Promise<void> {
  const file = createReadStream(archive);
  const unzipped = createGunzip();
  file.on("error", (error) => unzipped.destroy(error));
  file.pipe(unzipped);
  // Strict: a wrong checksum or an early end is an error rather than the end of the archive.
  const decoder = createTarDecoder({ strict: true });
  const entries = Readable.toWeb(unzipped).pipeThrough(decoder);
  try {
    for await (const { header, body } of entries) {
      if (header.type === "file" && basename(header.name) === member) {
        await pipeline(body, createWriteStream(target, { flush: true }));
        return;
      }
      await body.cancel();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isOfSystem = code !== undefined && !code.startsWith("Z_");
    throw isOfSystem ? error : damaged(archive, quote(message));
  } finally {
    file.destroy();
    unzipped.destroy();
  }
  throw damaged(archive, `no file ${quote(member)}`);
}

function damaged(archive: string, found: string): ModelError {
  return new ModelError(
    "WEIGHTS_DAMAGED",
    `Cannot unpack "${archive}": expected a tar archive in gzip, got ${found}`,
  );
}
