/**
 * @file What is known of one epoch: a row of `results.csv`, a point of each curve.
 */

/** The figures of an epoch. Losses are means over images, in nats; top-1 and top-5 are 0 to 1. */
export interface EpochRow {
  /** Counted from 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainTop1: number;
  readonly validationLoss: number;
  readonly validationTop1: number;
  readonly validationTop5: number;
  /** That of the epoch's last step. */
  readonly learningRate: number;
  /** Training images a second, validation not counted. */
  readonly imagesPerSecond: number;
  /** Wall clock of the epoch, validation included. */
  readonly seconds: number;
}
