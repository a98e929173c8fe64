import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { EpochRow } from "@inception-resnet-v2/core/internal/evaluation/epoch-row.js";
import { epochScalars, readResults, writeResults } from "./results-csv.js";

const header =
  "epoch,train/loss,train/top1,validation/loss,validation/top1,validation/top5,learningRate,imagesPerSecond,seconds";

const rows: readonly EpochRow[] = [1, 2].map((epoch) => ({
  epoch,
  trainLoss: 2 / 3,
  trainTop1: 0.5,
  validationLoss: epoch === 1 ? Number.NaN : 1e-7,
  validationTop1: 0.25,
  validationTop5: 1,
  learningRate: 0.045 * 0.94 ** epoch,
  imagesPerSecond: 12.5,
  seconds: 60.125,
}));

describe("results.csv", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-results-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("reads the numbers that were written", async () => {
    const path = join(folder, "results.csv");
    await writeResults(path, []);
    assert.deepEqual(await readResults(path), []);
    await writeResults(path, rows);
    assert.deepEqual(await readResults(path), rows);
    assert.deepEqual((await readFile(path, "utf8")).split("\n").slice(0, 2), [
      header,
      "1,0.6666666666666666,0.5,NaN,0.25,1,0.0423,12.5,60.125",
    ]);
  });

  it("has empty cells where there are no validation photos", async () => {
    const path = join(folder, "unmeasured.csv");
    const unmeasured = { validationLoss: null, validationTop1: null, validationTop5: null };
    const [row] = rows.map((one) => ({ ...one, ...unmeasured }));
    assert.ok(row);
    await writeResults(path, [row]);
    assert.match(
      await readFile(path, "utf8"),
      /\n1,0\.6666666666666666,0\.5,,,,0\.0423,12\.5,60\.125\n/,
    );
    assert.deepEqual(await readResults(path), [row]);
    assert.equal(Object.keys(epochScalars(row)).length, 5);
  });

  it("leaves nothing beside the table when it cannot be written", async () => {
    const path = join(folder, "taken", "results.csv");
    await mkdir(join(path, "full"), { recursive: true });
    await assert.rejects(writeResults(path, rows));
    assert.deepEqual(await readdir(join(folder, "taken")), ["results.csv"]);
  });

  it("says what is wrong with a table", async () => {
    const path = join(folder, "wrong.csv");
    const check = async (text: string, problem: string) => {
      await writeFile(path, text);
      await assert.rejects(readResults(path), {
        code: "RUN_RESULTS",
        message: `Cannot read "${path}", line ${problem}`,
      });
    };
    await check("", `1: expected "${header}", got ""`);
    await check("epoch,loss\n", `1: expected "${header}", got "epoch,loss"`);
    await check(`${header}\n1,2\n`, '2: expected 9 numbers, got "1,2"');
    await check(
      `${header}\n1,2,3,4,5,6,7,8,9\n2,x,3,4,5,6,7,8,9\n`,
      '3: expected a number for "train/loss", got "x"',
    );
    await check(`${header}\n1,2,3,4,5,6,7,8,\n`, '2: expected a number for "seconds", got ""');
  });
});

describe("epochScalars()", () => {
  it("gives the figures under the names of the columns", () => {
    const scalars = epochScalars({ ...rows[1] } as EpochRow);
    assert.deepEqual(Object.keys(scalars), header.split(",").slice(1));
    assert.equal(scalars["validation/loss"], 1e-7);
  });
});
