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
  /** Mean training loss in nats, as it was optimised. */
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
  /** Training images a second, validation not counted. */
  readonly imagesPerSecond: number;
  /** Wall clock of the epoch, validation included. */
  readonly seconds: number;
}
