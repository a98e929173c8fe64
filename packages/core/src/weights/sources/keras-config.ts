/**
 * @file What a file of Keras says of its model: `config.json` of .keras files, the attribute
 * `model_config` of .h5, `modelTopology` of TensorFlow.js. Data only: nothing in it is ever run.
 */

/** A layer, as its configuration says. */
export interface ConfiguredLayer {
  /** Its class, such as `Dense`. */
  readonly kind: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Keys of a file's metadata under which the configuration of its model is. */
const keys = ["config.json", "model_config"] as const;

/** Deepest model inside of models. */
const depthLimit = 8;

/** The layers of a model, those of models inside of it in their place; none where the file says nothing. */
export function configuredLayers(metadata: ReadonlyMap<string, string>): ConfiguredLayer[] {
  const text = keys.map((key) => metadata.get(key)).find((one) => one !== undefined);
  try {
    return layersOf(JSON.parse(text ?? "null"), depthLimit);
  } catch {
    return []; // the weights are whole, whatever this text is
  }
}

function layersOf(model: unknown, depth: number): ConfiguredLayer[] {
  if (!isRecord(model) || depth === 0) return [];
  const { config, class_name: kind } = model;
  const inside = isRecord(config) ? config["layers"] : config; // Keras 2.0 has the list itself
  if (Array.isArray(inside)) return inside.flatMap((one) => layersOf(one, depth - 1));
  if (typeof kind !== "string" || !isRecord(config)) return [];
  return [{ kind: kind.replace(/^.*>/, ""), name: String(config["name"] ?? ""), config }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
