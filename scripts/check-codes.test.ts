import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkCodes } from "./check-codes.js";

describe("checkCodes()", () => {
  it("names a code that only the table and tests name", () => {
    const file = (path: string, text: string) => ({ path, text });
    const files = [
      file("packages/core/src/error-codes.ts", 'FIRST_ONE: "FIRST_ONE"'),
      file("packages/core/src/a.ts", 'throw new InputError("SECOND_ONE", "Cannot")'),
      file("packages/core/src/a.test.ts", 'code: "FIRST_ONE"'),
    ];
    assert.deepEqual(checkCodes(files, ["FIRST_ONE", "SECOND_ONE"]), [
      {
        file: "packages/core/src/error-codes.ts",
        problem: "expected something that throws FIRST_ONE, got nothing",
      },
    ]);
  });

  it("finds every code of this repository thrown", () => {
    assert.deepEqual(checkCodes(), []);
  });
});
