/**
 * @file How well confidence matches accuracy: the bins of a reliability plot and their error.
 *
 * Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017, section 2:
 * bins of equal width, each (from, to], filled by the probability of the predicted class.
 */

/** The images whose confidence is above `from` and at most `to`; means are 0 where there is none. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly images: number;
  /** Mean probability of the predicted class. */
  readonly confidence: number;
  /** Share of the images that were predicted rightly. */
  readonly accuracy: number;
}

const bins = 15;

/**
 * The bins of a reliability plot: `confidences` are 0 to 1, one an image, and `correct` says which
 * images were predicted rightly.
 */
export function calibrationBins(
  confidences: ArrayLike<number>,
  correct: readonly boolean[],
): CalibrationBin[] {
  const images = new Float64Array(bins);
  const confidence = new Float64Array(bins);
  const right = new Float64Array(bins);
  correct.forEach((isRight, image) => {
    const value = confidences[image] as number;
    const bin = Math.min(bins, Math.max(1, Math.ceil(value * bins))) - 1;
    images[bin] = (images[bin] as number) + 1;
    confidence[bin] = (confidence[bin] as number) + value;
    right[bin] = (right[bin] as number) + Number(isRight);
  });
  return Array.from(images, (count, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    images: count,
    confidence: (confidence[bin] as number) / Math.max(1, count),
    accuracy: (right[bin] as number) / Math.max(1, count),
  }));
}

/** Expected calibration error, 0 to 1: the mean over images of |accuracy - confidence| by bin. */
export function calibrationErrorOf(calibration: readonly CalibrationBin[]): number {
  const images = calibration.reduce((sum, bin) => sum + bin.images, 0);
  const gaps = calibration.reduce(
    (sum, { images, accuracy, confidence }) => sum + images * Math.abs(accuracy - confidence),
    0,
  );
  return gaps / Math.max(1, images);
}
