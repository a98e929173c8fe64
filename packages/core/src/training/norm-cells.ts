/**
 * @file Where batch norms in training would see a single value per channel, whose variance is 0 and
 * whose normalized value is 0 whatever the picture shows: no such network can learn.
 */
import { isAuxiliary } from "../architecture/heads.js";
import { UsageError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import { divide, type Freeze } from "./freeze.js";

/** How a network is trained. */
export interface NormOptions {
  readonly freeze: Freeze;
  readonly freezeNorms: boolean;
  /** Photos computed at once. */
  readonly photos: number;
}

/** The batch norms of a network, by node name, that follow the statistics of the batch. */
export function trainedNorms(
  network: Graph,
  { freeze, freezeNorms }: Pick<NormOptions, "freeze" | "freezeNorms">,
): readonly string[] {
  if (freeze === "body") return []; // its classifier has none
  const division = divide(network, freeze, freezeNorms);
  return network.nodes.flatMap(({ op, name }) =>
    op === "batch_norm" && !division.isFrozenNorm(name) ? [name] : [],
  );
}

/** The first batch norm that would see one value per channel in training, if there is one. */
export function findStarvedNorm(network: Graph, options: NormOptions): string | undefined {
  if (options.photos > 1) return undefined;
  const trained = new Set(trainedNorms(network, options));
  return network.nodes.find(({ name, inputs: [x] }) => {
    const [, , height = 1, width = 1] = x?.shape ?? [];
    return trained.has(name) && height * width === 1;
  })?.name;
}

/** Throws `UsageError` where a batch norm would see one value per channel; `option` caused it. */
export function checkNorms(
  network: Graph,
  options: NormOptions,
  option: "batch" | "microBatch",
): void {
  const norm = findStarvedNorm(network, options);
  if (norm === undefined) return;
  const remedy = isAuxiliary(norm) ? "auxiliary: false" : "a larger inputSize";
  throw new UsageError(
    "OPTION_RANGE",
    `Cannot train on 1 photo at once: expected at least 2 values per channel for the statistics of every batch norm, got 1 in "${norm}"; set ${option} to 2 or more, ${remedy}, or freezeNorms`,
    { option },
  );
}
