/**
 * @file What `photos.json` of a run holds, in version 1.
 */
import { list, oneOf, only, record, text } from "../../json/schema.js";

/** The whole file. */
export const photoListSchema = record({
  version: only(1),
  photos: list(
    record({
      path: text(),
      class: text("a text", () => true),
      split: oneOf(["train", "validation"]),
      sha256: text(),
    }),
  ),
});
