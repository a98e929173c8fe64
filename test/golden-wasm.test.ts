import { goldenContract } from "./contract/golden.contract.js";

goldenContract("wasm", 1e-4);
