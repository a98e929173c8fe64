/**
 * @file The inference passes: the same function in fewer nodes.
 */
import { dropDropout } from "./drop-dropout.js";
import { type FoldOptions, foldIntoConvolutions } from "./fold-into-convolutions.js";
import type { Model } from "./rewrite.js";
import { selectOutputs } from "./select-outputs.js";

/** Drops dropout, folds batch norm and residual scale, removes what is then unused. */
export function forInference({ graph, parameters }: Model, options: FoldOptions = {}): Model {
  const folded = foldIntoConvolutions({ graph: dropDropout(graph), parameters }, options);
  return { ...folded, graph: selectOutputs(folded.graph, folded.graph.outputs) };
}
