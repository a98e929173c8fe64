import { executorContract } from "../../../test/contract/executor.contract.js";
import { createExecutor } from "../index.js";

executorContract("onednn", () => createExecutor("onednn", { threads: 2 }));
