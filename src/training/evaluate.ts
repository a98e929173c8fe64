/**
 * @file How good weights are on a folder of labelled photos, by the path that `classify` takes.
 */
import { findLabelled } from "../data/dataset.js";
import { InputError } from "../errors.js";
import { type Evaluation, evaluateLogits } from "../evaluation/metrics.js";
import { InceptionResNetV2, type LoadOptions } from "../model/model.js";

/** What to evaluate. */
export interface EvaluateOptions extends LoadOptions {
  /** Folder with a folder for each class, or with such a one as `val`. */
  readonly data: string;
  /** Weight file. */
  readonly weights: string;
  /** Images computed at once; 8. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/** An evaluation, and the photos that could not be read. */
export interface EvaluateResult {
  readonly evaluation: Evaluation;
  readonly unreadable: readonly { readonly file: string; readonly error: Error }[];
}

/**
 * Classifies every photo of a folder and compares with the names of its folders. Throws `InputError`
 * when the folder cannot be used, a class is none of the model's, or no photo can be read, and
 * `ModelError` when the weights cannot be used.
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluateResult> {
  const { data, weights, batch = 8, signal, onProgress, ...rest } = options;
  await using model = await InceptionResNetV2.load(weights, rest);
  const { samples } = await findLabelled(data, model.labels);
  const classes = model.labels;
  const labelOf = new Map(samples.map(({ file, label }) => [file, label]));
  const logits = new Float32Array(samples.length * classes.length);
  const [labels, files]: [number[], string[]] = [[], []];
  const unreadable: { file: string; error: Error }[] = [];
  let done = 0;
  for await (const result of model.logitsAll([...labelOf.keys()], { batch })) {
    const file = String(result.source);
    signal?.throwIfAborted();
    if ("error" in result) unreadable.push({ file, error: result.error });
    else {
      logits.set(result.logits, files.length * classes.length);
      labels.push(labelOf.get(file) ?? -1);
      files.push(file);
    }
    onProgress?.(++done, samples.length);
  }
  const [first] = unreadable;
  if (files.length === 0 && first) {
    throw new InputError(
      "NO_READABLE_IMAGES",
      `Cannot evaluate on "${data}": expected photos that can be read, got none of ${samples.length} (${first.error.message})`,
    );
  }
  const read = logits.subarray(0, files.length * classes.length);
  return { evaluation: evaluateLogits({ classes, logits: read, labels, files }), unreadable };
}
