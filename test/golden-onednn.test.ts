import { it } from "node:test";
import { goldenContract } from "./contract/golden.contract.js";
import { noBf16, noFastOneDnn } from "./helpers/engines.js";

const name = "gives the float64 run's logits and stages";
if (noFastOneDnn) it(name, { skip: noFastOneDnn }, () => {});
else {
  goldenContract("onednn", 1e-5);
  goldenContract("onednn", 1e-5, { photos: 8 }); // other algorithms pay here
}
if (noBf16) it(`${name} in bf16`, { skip: noBf16 }, () => {});
else goldenContract("onednn", 3e-2, { precision: "bf16" });
