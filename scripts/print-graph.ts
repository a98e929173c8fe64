/**
 * @file `npm run graph -- [--block mixed_6a]`: the graph, or a part, as text with shapes and costs.
 *
 * Options: --block PATH, --input-size PIXELS, --width FACTOR, --aux.
 */
import { parseArgs } from "node:util";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { Irv2Error } from "@inception-resnet-v2/core/internal/errors.js";
import { printGraph } from "@inception-resnet-v2/core/internal/graph/print.js";

const { values } = parseArgs({
  options: {
    block: { type: "string" },
    "input-size": { type: "string" },
    width: { type: "string" },
    aux: { type: "boolean" },
  },
});
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));

try {
  const graph = lower(
    configureNetwork({
      inputSize: number(values["input-size"]),
      width: number(values.width),
      auxiliary: values.aux,
    }),
  );
  const scope = values.block === undefined ? {} : { scope: values.block };
  process.stdout.write(printGraph(graph, { costs: true, ...scope }));
} catch (error) {
  if (!(error instanceof Irv2Error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
