import { goldenContract } from "./contract/golden.contract.js";

goldenContract("onednn", 1e-5);
