/**
 * @file Metrics of the logits of labelled images: accuracy, loss, calibration and confusions. Runs anywhere; the result is plain data that survives JSON.
 *
 * Precision, recall and F1 are those of scikit-learn with `zero_division=0`: 0 for a class that was
 * never predicted, or of which there is no image. Equal logits rank by class index. Probabilities
 * and sums are in double precision.
 */
import { type ErrorCode, InputError, ModelError } from "../errors.js";
import { type CalibrationBin, calibrationBins, calibrationErrorOf } from "./calibration.js";

/** What is evaluated: `logits` holds a row of `classes.length` for each image. */
export interface EvaluationInput {
  readonly classes: readonly string[];
  /** Images x classes, row by row, before the softmax. */
  readonly logits: Float32Array;
  /** Index of the class of each image. */
  readonly labels: readonly number[];
  /** Name of each image. */
  readonly files: readonly string[];
}

/** The figures of a model on a set of images. Shares and probabilities are 0 to 1. */
export interface Evaluation {
  /** Images that were evaluated. */
  readonly images: number;
  /** Fraction of images whose class is the likeliest. */
  readonly top1: number;
  /** Share of images whose class is among the five likeliest; 1 with five classes or fewer. */
  readonly top5: number;
  /** Mean cross-entropy, in nats, without smoothing or weights. */
  readonly loss: number;
  /** Expected calibration error over the bins of `calibration`. */
  readonly calibrationError: number;
  /** Reliability diagram: confidence and accuracy in bins of confidence. */
  readonly calibration: readonly CalibrationBin[];
  /** In the order of the classes. */
  readonly perClass: readonly ClassFigures[];
  /** Mean F1 of the classes that have images or were predicted, as scikit-learn counts them. */
  readonly macroF1: number;
  /** Images by true class (rows) and predicted class (columns). */
  readonly confusion: readonly (readonly number[])[];
  /** Pairs with at least one image, most images first. */
  readonly confusedPairs: readonly ConfusedPair[];
  /** The images with the least probability of their class among those predicted wrongly; 24. */
  readonly mistakes: readonly Mistake[];
}

/** The figures of one class. */
export interface ClassFigures {
  readonly label: string;
  readonly images: number;
  /** Images predicted as this class, correctly or not. */
  readonly predicted: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Images of one class that were predicted as another. */
export interface ConfusedPair {
  readonly actual: string;
  readonly predicted: string;
  readonly images: number;
  /** These images among all of their class. */
  readonly share: number;
}

/** A misclassified image. */
export interface Mistake {
  readonly file: string;
  readonly actual: string;
  readonly predicted: string;
  /** Probability of the predicted class. */
  readonly probability: number;
  readonly probabilityOfActual: number;
}

/** What was predicted for an image. */
export interface ImagePrediction extends Mistake {
  /** Place of its class in the ranking, from 1: 1 where the prediction is right. */
  readonly rank: number;
}

const mistakesKept = 24;

/**
 * Evaluates predictions. Throws `InputError` when there is no image, when lengths disagree or a
 * label is not a class, and `ModelError` for logits that are not finite.
 */
export function evaluateLogits(input: EvaluationInput): Evaluation {
  checkInput(input);
  const { classes, labels } = input;
  const images = labels.length;
  const judged = labels.map((_, image) => judgeImage(input, image));
  const share = (isHit: (one: Judged) => boolean) => judged.filter(isHit).length / images;
  const confusion = classes.map(() => new Array<number>(classes.length).fill(0));
  for (const { actual, predicted } of judged) {
    const row = confusion[actual] as number[];
    row[predicted] = (row[predicted] as number) + 1;
  }
  const perClass = figuresOf(classes, confusion);
  const met = perClass.filter((one) => one.images + one.predicted > 0);
  const calibration = calibrationBins(
    judged.map((one) => one.probability),
    judged.map((one) => one.rank === 0),
  );
  return {
    images,
    top1: share(({ rank }) => rank === 0),
    top5: share(({ rank }) => rank < 5),
    loss: judged.reduce((sum, one) => sum + one.loss, 0) / images,
    calibrationError: calibrationErrorOf(calibration),
    calibration,
    perClass,
    macroF1: met.reduce((sum, { f1 }) => sum + f1, 0) / met.length,
    confusion,
    confusedPairs: pairsOf(classes, confusion),
    mistakes: mistakesOf(input, judged),
  };
}

/** What was predicted for each image, in their order. Throws as `evaluateLogits` does. */
export function predictionsOf(input: EvaluationInput): ImagePrediction[] {
  checkInput(input);
  return input.labels.map((_, image) => {
    const judged = judgeImage(input, image);
    return { ...wordsOf(input, judged, image), rank: judged.rank + 1 };
  });
}

/** One image: classes as indices, the place of its class in the ranking, and its cross-entropy. */
interface Judged {
  readonly actual: number;
  readonly predicted: number;
  readonly rank: number;
  readonly loss: number;
  readonly probability: number;
}

function judgeImage({ classes, logits, labels, files }: EvaluationInput, image: number): Judged {
  const start = image * classes.length;
  const actual = labels[image] as number;
  const ofActual = logits[start + actual] as number;
  let [top, predicted, rank] = [-Infinity, 0, 0];
  for (let index = 0; index < classes.length; index++) {
    const logit = logits[start + index] as number;
    if (!Number.isFinite(logit)) {
      throw new ModelError(
        "LOGITS_NOT_FINITE",
        `Cannot evaluate "${files[image]}": expected finite logits, got ${logit} for class "${classes[index]}"`,
      );
    }
    if (logit > top) [top, predicted] = [logit, index];
    if (logit > ofActual || (logit === ofActual && index < actual)) rank++;
  }
  let sum = 0;
  for (let index = 0; index < classes.length; index++) {
    sum += Math.exp((logits[start + index] as number) - top);
  }
  return { actual, predicted, rank, loss: Math.log(sum) + top - ofActual, probability: 1 / sum };
}

function figuresOf(
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
): ClassFigures[] {
  const predictions = classes.map((_, column) =>
    confusion.reduce((sum, row) => sum + (row[column] as number), 0),
  );
  return classes.map((label, index) => {
    const row = confusion[index] as readonly number[];
    const images = row.reduce((sum, count) => sum + count, 0);
    const predicted = predictions[index] as number;
    const right = row[index] as number;
    return {
      label,
      images,
      predicted,
      precision: right / Math.max(1, predicted),
      recall: right / Math.max(1, images),
      f1: (2 * right) / Math.max(1, images + predicted),
    };
  });
}

function pairsOf(
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
): ConfusedPair[] {
  const pairs = confusion.flatMap((row, from) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const actual = classes[from] as string;
    return row.flatMap((images, to) =>
      images === 0 || from === to
        ? []
        : { actual, predicted: classes[to] as string, images, share: images / total },
    );
  });
  return pairs.sort((a, b) => b.images - a.images); // stable, so equals keep the order of classes
}

function mistakesOf(input: EvaluationInput, judged: readonly Judged[]): Mistake[] {
  return judged
    .map((one, image) => ({ one, image }))
    .filter(({ one }) => one.rank > 0)
    .sort((a, b) => b.one.loss - a.one.loss)
    .slice(0, mistakesKept)
    .map(({ one, image }) => wordsOf(input, one, image));
}

function wordsOf(
  { classes, files }: EvaluationInput,
  { actual, predicted, probability, loss }: Judged,
  image: number,
): Mistake {
  return {
    file: files[image] as string,
    actual: classes[actual] as string,
    predicted: classes[predicted] as string,
    probability,
    probabilityOfActual: Math.exp(-loss),
  };
}

function checkInput({ classes, logits, labels, files }: EvaluationInput): void {
  const fail = (code: ErrorCode, problem: string) => {
    throw new InputError(code, `Cannot evaluate: ${problem}`);
  };
  const images = labels.length;
  if (images === 0) fail("EVALUATION_EMPTY", "expected at least one image, got none");
  if (files.length !== images) {
    fail("EVALUATION_INPUT", `expected ${images} files, one a label, got ${files.length}`);
  }
  if (logits.length !== images * classes.length) {
    fail(
      "EVALUATION_INPUT",
      `expected ${images}x${classes.length} logits for ${images} images and ${classes.length} classes, got ${logits.length}`,
    );
  }
  const wrong = labels.findIndex((label) => classes[label] === undefined);
  if (wrong >= 0) {
    fail(
      "EVALUATION_INPUT",
      `expected a class index below ${classes.length} for "${files[wrong]}", got ${labels[wrong]}`,
    );
  }
}
