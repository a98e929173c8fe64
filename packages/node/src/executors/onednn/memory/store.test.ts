import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { noOneDnn } from "@inception-resnet-v2/test/helpers/engines.js";
import type { Api } from "../api/api.js";
import type { Handles } from "../api/handles.js";
import { Runtime } from "../runtime.js";
import { Store } from "./store.js";

describe("joined weights", { skip: noOneDnn }, () => {
  let runtime: Runtime;
  let handles: Handles;
  let api: Api;
  let store: Store;
  const rows = (count: number, from: number) =>
    tensor(
      [count, 16, 1, 1],
      Float32Array.from({ length: 16 * count }, (_, at) => from + at),
    );

  /** Rows in blocks of 16, as layouts of weights have them. */
  const inBlocks = (count: number) =>
    api.permuted(api.layout([16, count, 1, 1], "f32", "blocked"), [1, 0, 2, 3]);

  before(async () => {
    runtime = await Runtime.open();
    handles = runtime.handles();
    api = runtime.api(handles);
    store = new Store(runtime, handles);
    store.add("a", rows(16, 0));
    store.add("b", rows(32, 1000));
    store.add("few", rows(8, 5000));
  });
  after(() => {
    handles[Symbol.dispose]();
    runtime[Symbol.dispose]();
  });

  it("share one block of memory, and can be read and changed one by one", () => {
    const joined = store.joined(["a", "b"], inBlocks(48));
    assert.deepEqual(store.read("a"), rows(16, 0));
    assert.deepEqual(store.read("b"), rows(32, 1000));
    store.write("b", rows(32, 2000));
    joined?.refresh();
    assert.deepEqual(store.read("a"), rows(16, 0));
    assert.deepEqual(store.read("b"), rows(32, 2000));
  });

  it("are refused where a block would hold rows of two", () => {
    assert.equal(store.joined(["few", "a"], inBlocks(24)), undefined);
    assert.deepEqual(store.read("few"), rows(8, 5000));
  });
});
