import { goldenContract } from "./contract/golden.contract.js";

goldenContract("onnxruntime", 1e-4);
