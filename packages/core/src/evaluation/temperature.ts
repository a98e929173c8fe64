/**
 * @file Temperature scaling: logits divided by one number, so that confidence matches accuracy.
 *
 * Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017, section 4.2:
 * the temperature of least cross-entropy on photos that were not trained on. It changes no ranking.
 */
import { InputError } from "../errors.js";

/** Logits of labelled images, row by row. */
export interface LabelledLogits {
  /** Images x classes. */
  readonly logits: Float32Array;
  /** Index of the class of each image. */
  readonly labels: readonly number[];
}

/** Search range; at its ends a model is useless or its photos are too few. */
const [coldest, hottest] = [0.05, 20];
/** The search halts at this relative width. */
const precision = 1e-4;

/**
 * The temperature of least cross-entropy, 0.05 to 20, to four digits. The cross-entropy is convex in
 * the inverse of the temperature, so the search by golden section finds it. Throws `InputError` when
 * there are no images.
 */
export function fitTemperature(data: LabelledLogits): number {
  if (data.labels.length === 0) {
    throw new InputError(
      "EVALUATION_EMPTY",
      "Cannot fit a temperature: expected at least one image, got none",
    );
  }
  const golden = (Math.sqrt(5) - 1) / 2;
  const lossAt = (log: number) => crossEntropy(data, Math.exp(log));
  let [low, high] = [Math.log(coldest), Math.log(hottest)];
  let [a, b] = [high - golden * (high - low), low + golden * (high - low)];
  let [lossA, lossB] = [lossAt(a), lossAt(b)];
  while (high - low > precision) {
    if (lossA < lossB) {
      [high, b, lossB] = [b, a, lossA];
      a = high - golden * (high - low);
      lossA = lossAt(a);
    } else {
      [low, a, lossA] = [a, b, lossB];
      b = low + golden * (high - low);
      lossB = lossAt(b);
    }
  }
  return Number(Math.exp((low + high) / 2).toPrecision(4));
}

/** Mean cross-entropy in nats of the logits divided by a temperature. */
export function crossEntropy({ logits, labels }: LabelledLogits, temperature = 1): number {
  const classes = logits.length / labels.length;
  const total = labels.reduce((sum, label, image) => {
    const row = logits.subarray(image * classes, (image + 1) * classes);
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const mass = row.reduce((all, logit) => all + Math.exp((logit - top) / temperature), 0);
    return sum + Math.log(mass) + (top - (row[label] as number)) / temperature;
  }, 0);
  return total / labels.length;
}

/**
 * The logits of each half of the images (every other one) divided by the temperature that fits the
 * other half: what calibration is worth on photos that it was not fitted to.
 */
export function crossFit({ logits, labels }: LabelledLogits): Float32Array {
  const classes = logits.length / labels.length;
  const half = (parity: number): LabelledLogits => {
    const images = labels.map((_, image) => image).filter((image) => image % 2 === parity);
    const rows = images.map((image) => logits.subarray(image * classes, (image + 1) * classes));
    const joined = new Float32Array(images.length * classes);
    rows.forEach((row, at) => {
      joined.set(row, at * classes);
    });
    return { logits: joined, labels: images.map((image) => labels[image] as number) };
  };
  const temperatures = [1, 0].map((parity) => fitTemperature(half(parity)));
  return logits.map((logit, at) => logit / (temperatures[Math.floor(at / classes) % 2] as number));
}
