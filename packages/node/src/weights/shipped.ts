/**
 * @file The models that come with this package, by name. Each has its SHA-256 beside it, as
 * `sha256sum` writes it, so that a damaged file is told from a model that errs.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";

/** Names that stand for weights of this package. */
export const shippedNames = ["everyday"] as const;

/** Name of such a model. */
export type ShippedName = (typeof shippedNames)[number];

/** Where they are, seen from `dist/weights`. */
const folder = new URL("../../models/", import.meta.url);

/** Whether weights are named that come with the package. */
export function isShipped(name: string): name is ShippedName {
  return (shippedNames as readonly string[]).includes(name);
}

/**
 * The bytes of a model's safetensors file, in an `ArrayBuffer` of their own. Throws `ModelError` when
 * they are missing or not those that were shipped.
 */
export async function readShipped(name: ShippedName, from: URL = folder): Promise<Uint8Array> {
  const path = `${name}/model.safetensors`;
  const failure = (expected: string, got: string) =>
    new ModelError(
      "WEIGHTS_DAMAGED",
      `Cannot use weights "${name}": expected models/${path} ${expected}, got ${got}; reinstalling the package restores it, or in a clone "git checkout -- packages/node/models/${name}"`,
    );
  const hashes = await readFile(new URL(`${name}/SHA256SUMS`, from), "utf8").catch(() => "");
  const wanted = /^([0-9a-f]{64}) [ *]model\.safetensors$/m.exec(hashes)?.[1];
  if (wanted === undefined) throw failure("and its SHA-256 in SHA256SUMS beside it", "none there");
  const file = await readFile(new URL(path, from)).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "ENOENT" ? "no such file" : (cause.code ?? cause.message);
    throw failure(`with SHA-256 ${wanted}`, reason);
  });
  const found = createHash("sha256").update(file).digest("hex");
  if (found !== wanted) throw failure(`with SHA-256 ${wanted}`, found);
  return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
}
