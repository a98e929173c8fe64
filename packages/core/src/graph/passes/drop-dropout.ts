/**
 * @file Dropout left out.
 */
import type { Graph } from "../ir.js";
import { rewriteNodes } from "./rewrite.js";

/** Dropout does nothing outside training. */
export function dropDropout(graph: Graph): Graph {
  return rewriteNodes(graph, (node, replace) => {
    if (node.op !== "dropout") return [node];
    const [x] = node.inputs;
    const [y] = node.outputs;
    if (x && y) replace(y, x);
    return [];
  });
}
