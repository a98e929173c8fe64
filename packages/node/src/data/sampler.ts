/**
 * @file The order of the samples in an epoch, and the weight of each class.
 *
 * The order follows from the seed and the epoch alone, so that a run can be taken up anywhere.
 */
import { createRandom, type Random } from "@inception-resnet-v2/core/internal/tensor/random.js";
import type { Sample } from "./dataset.js";

/** Which order to make. */
export interface EpochOptions {
  readonly seed: number;
  /** The number of the epoch. */
  readonly epoch: number;
  /** Whether each class is drawn equally often; false. */
  readonly balanced?: boolean;
}

/**
 * The order of an epoch: as many places in `samples` as there are samples. Each comes once;
 * balanced, each class comes equally often (one more for some where that does not come out even),
 * and a sample comes again only after all others of its class.
 */
export function epochOrder(
  samples: readonly Pick<Sample, "label">[],
  { seed, epoch, balanced = false }: EpochOptions,
): Int32Array {
  const random = createRandom(seed, `shuffle/${epoch}`);
  const order = balanced ? drawEqually(samples, random) : [...samples.keys()];
  random.shuffle(order);
  return Int32Array.from(order);
}

/**
 * The weight of each class in the loss: inverse to the number of its samples, so that all classes
 * count the same, and of mean 1 over the samples. A class without samples weighs 0.
 */
export function classWeights(samples: readonly Pick<Sample, "label">[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const { label } of samples) counts[label] = (counts[label] ?? 0) + 1;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : samples.length / (present * count)));
}

function drawEqually(samples: readonly Pick<Sample, "label">[], random: Random): number[] {
  const byLabel = new Map<number, number[]>();
  for (const [index, { label }] of samples.entries()) {
    const members = byLabel.get(label);
    if (members) members.push(index);
    else byLabel.set(label, [index]);
  }
  const groups = [...byLabel.values()];
  random.shuffle(groups); // who draws one more changes with the epoch
  return groups.flatMap((members, place) => {
    const quota = Math.floor((samples.length + groups.length - 1 - place) / groups.length);
    const drawn: number[] = [];
    while (drawn.length < quota) {
      random.shuffle(members);
      drawn.push(...members.slice(0, quota - drawn.length));
    }
    return drawn;
  });
}
