import { goldenContract } from "./contract/golden.contract.js";

goldenContract("reference", 1e-5);
