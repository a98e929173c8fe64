import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sharedFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { findDataset } from "./dataset.js";
import { inspectDataset } from "./inspect.js";

describe("inspectDataset() of all photo sets", () => {
  for (const name of ["clothing", "grocery/train"]) {
    const { path, skip } = sharedFile(`datasets/${name}`);
    it(`finds nothing amiss in ${name}`, { skip }, async () => {
      const report = await inspectDataset(await findDataset(path));
      assert.deepEqual(report.unreadable, []);
      assert.deepEqual(report.duplicates, []);
    });
  }
});
