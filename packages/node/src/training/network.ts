/**
 * @file The network that a run trains, and the values its parameters start with.
 */
import { isClassifier } from "@inception-resnet-v2/core/internal/architecture/heads.js";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  formatShape,
  sameShape,
  type Tensor,
  type Tensors,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { NetworkShape } from "@inception-resnet-v2/core/internal/weights/metadata.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { drawParameters } from "../weights/load.js";
import type { Settings } from "./settings.js";

/** The network of a run at a batch size; `given` are names of parameters that it has already. */
export function trainingNetwork(
  settings: Settings,
  { classes, batch, given }: { classes: number; batch: number; given: Iterable<string> },
): Graph {
  const { arch, width, inputSize, dropout, auxiliary } = settings;
  const batchNormScale = [...given].some((name) => name.endsWith("/gamma"));
  const network = configureNetwork({ arch, classes, width, inputSize, dropout, auxiliary });
  return lower(network, { batch, batchNormScale });
}

/** What the weight files of a run say of the network. */
export function networkShape({ arch, width, inputSize, dropout }: Settings): NetworkShape {
  return { arch, width, inputSize, pooling: "avg", dropout };
}

/** What new values depend on. */
export interface StartOptions {
  readonly seed: number;
  readonly classes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Values for all parameters: those of the weights, and new ones where the weights have none or are
 * for other classes. Also gives the names of the new ones.
 */
export async function startingParameters(
  graph: Graph,
  { seed, classes, signal }: StartOptions,
  loaded?: LoadedWeights,
): Promise<{ parameters: Tensors; fresh: readonly string[] }> {
  const parameters = new Map(await drawParameters(graph, { initializer: "slim", seed }, signal));
  if (!loaded) return { parameters, fresh: graph.parameters.map(({ name }) => name) };
  const sameClasses =
    loaded.labels?.length === classes.length &&
    loaded.labels.every((label, at) => label === classes[at]);
  const fresh: string[] = [];
  for (const { name, shape } of graph.parameters) {
    const value = loaded.parameters.get(name);
    if (value && sameShape(value.shape, shape) && (!isClassifier(name) || sameClasses)) {
      parameters.set(name, value);
    } else fresh.push(name);
  }
  return { parameters, fresh };
}

/** The variables of a checkpoint for the given names. Throws `ModelError` where they do not fit. */
export function pickVariables(
  variables: Tensors,
  wanted: readonly { readonly name: string; readonly shape: readonly number[] }[],
  file: string,
): Map<string, Tensor> {
  return new Map(
    wanted.map(({ name, shape }) => {
      const found = variables.get(name);
      if (found && sameShape(found.shape, shape)) return [name, found];
      const got = found ? formatShape(found.shape) : "nothing";
      throw new ModelError(
        "CHECKPOINT_NETWORK",
        `Cannot resume from "${file}": expected "${name}" of ${formatShape(shape)}, got ${got}`,
      );
    }),
  );
}
