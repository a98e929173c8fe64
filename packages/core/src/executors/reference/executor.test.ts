import { executorContract } from "@inception-resnet-v2/test/contract/executor.contract.js";
import { createExecutor } from "inception-resnet-v2/internal/executors/index.js";

executorContract("reference", () => createExecutor("reference"));
