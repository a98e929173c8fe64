/**
 * @file Weights under other names of their classes.
 */
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";

/** The weights with these names; throws `UsageError` where they are more or fewer than the classes. */
export function nameClasses(
  loaded: LoadedWeights,
  labels: readonly string[] | undefined,
): LoadedWeights {
  if (labels === undefined) return loaded;
  const classes = loaded.graph.outputs.get("logits")?.shape[1] ?? 0;
  if (labels.length === classes) return { ...loaded, labels };
  throw new UsageError(
    "LABELS_COUNT",
    `Cannot name the classes: expected ${classes} labels, got ${labels.length}`,
    { option: "labels" },
  );
}
