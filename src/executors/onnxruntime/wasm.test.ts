import { executorContract } from "../../../test/contract/executor.contract.js";
import { createExecutor } from "../index.js";

executorContract("wasm", () => createExecutor("wasm", { threads: 2 }));
