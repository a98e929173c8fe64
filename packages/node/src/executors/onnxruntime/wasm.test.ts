import { executorContract } from "@inception-resnet-v2/test/contract/executor.contract.js";
import { createExecutor } from "../index.js";

executorContract("wasm", () => createExecutor("wasm", { threads: 2 }));
