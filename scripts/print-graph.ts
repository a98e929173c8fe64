/**
 * @file `npm run graph -- [block]`: the graph as text, with shapes and costs.
 */
import { lower } from "../src/architecture/lower.js";
import { configureNetwork } from "../src/architecture/transforms.js";
import { printGraph } from "../src/graph/print.js";

const [scope] = process.argv.slice(2);
const graph = lower(configureNetwork());
process.stdout.write(printGraph(graph, { costs: true, ...(scope !== undefined && { scope }) }));
