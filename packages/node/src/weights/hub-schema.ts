/**
 * @file What the hub answers, as far as it matters here.
 */
import { list, number, optional, orNull, part, text } from "../json/schema.js";
import { isCommit } from "./hub-cache.js";

const isHash = (value: string) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value);

/** A revision of a repository. */
export const revisionSchema = part({ sha: text("a commit", isCommit) });

/** What is in a folder of a repository. */
export const listingSchema = list(part({ type: text() }));

/** A file there. */
export const fileSchema = part({
  path: text(),
  size: number({
    expected: "a whole number from 0",
    holds: (value) => Number.isSafeInteger(value) && value >= 0,
  }),
  /** Git's hash: of the contents, or of the pointer to a large file. */
  oid: text("a hash", isHash),
  /** Of a large file: its SHA-256. */
  lfs: optional(orNull(part({ oid: text("a hash", isHash) }))),
});
