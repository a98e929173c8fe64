/**
 * @file What is known of one epoch: a row of `results.csv`, a point of each curve.
 */

/**
 * The figures of an epoch. Losses are means over images, in nats; top-1 and top-5 are 0 to 1. Those of
 * validation are null where there are no validation photos.
 */
export interface EpochRow {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean training loss in nats, as it was optimised: see `lossDefinitions`. */
  readonly trainLoss: number;
  /** Fraction of training images whose class was the likeliest. */
  readonly trainTop1: number;
  /** Mean cross-entropy on the validation photos, in nats. */
  readonly validationLoss: number | null;
  /** Fraction of validation photos whose class is the likeliest. */
  readonly validationTop1: number | null;
  /** Fraction of validation photos whose class is among the five likeliest. */
  readonly validationTop5: number | null;
  /** That of the epoch's last step. */
  readonly learningRate: number;
  /** Training images per second, validation not counted. */
  readonly imagesPerSecond: number;
  /** Wall clock of the epoch, validation included. */
  readonly seconds: number;
}

/** What the two losses of an epoch are, which differ; for reports and documents. */
export const lossDefinitions = {
  training:
    "what the optimizer lowers: of varied photos, with dropout, label smoothing, class weights and the auxiliary classifier where they are used, as the weights were at each step",
  validation:
    "mean cross-entropy of the plain photos after the epoch, each counting the same, whatever the training weighs",
} as const;

/** What the best epoch of a run is; `isBetterEpoch` decides by it. */
export const bestDefinition =
  "the highest validation top-1; of equal ones the lowest validation loss, then the first";

/** What epochs are compared by: top-1 (0 to 1) and loss of the validation photos. */
export interface EpochScore {
  readonly top1: number;
  readonly loss: number;
}

/** Whether an epoch is better than an earlier one. */
export function isBetterEpoch(one: EpochScore, earlier: EpochScore): boolean {
  return one.top1 > earlier.top1 || (one.top1 === earlier.top1 && one.loss < earlier.loss);
}
