/**
 * @file The order in which an epoch goes through the samples, and how much each class counts.
 *
 * An order depends on the seed and the epoch alone, so that a resumed run needs neither stored.
 */
import { createRandom, type Random } from "../tensor/random.js";
import type { Sample } from "./dataset.js";

/** How samples are drawn. */
export interface SamplerOptions {
  readonly seed: number;
  readonly epoch: number;
  /** Draws each class equally often; the epoch keeps its length. */
  readonly balanced: boolean;
}

/** Indices of the samples of an epoch, shuffled. */
export function epochOrder(
  samples: readonly Sample[],
  { seed, epoch, balanced }: SamplerOptions,
): Int32Array {
  const random = createRandom(seed, `shuffle/${epoch}`);
  const order = balanced ? drawBalanced(samples, random) : samples.map((_, at) => at);
  random.shuffle(order);
  return Int32Array.from(order);
}

/** Weights of the classes by inverse frequency; their mean over the samples is 1. */
export function classWeights(samples: readonly Sample[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const { label } of samples) counts[label] = (counts[label] ?? 0) + 1;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? samples.length / (present * count) : 0));
}

/** Goes around the classes; each gives its samples in random order, and again when it is used up. */
function drawBalanced(samples: readonly Sample[], random: Random): number[] {
  const byClass = new Map<number, number[]>();
  samples.forEach(({ label }, at) => {
    const list = byClass.get(label) ?? [];
    list.push(at);
    byClass.set(label, list);
  });
  const decks = [...byClass.values()].map((all) => ({ all, left: [] as number[] }));
  const offset = random.below(decks.length);
  return samples.map((_, turn) => {
    const deck = decks[(turn + offset) % decks.length] as { all: number[]; left: number[] };
    if (deck.left.length === 0) {
      deck.left = [...deck.all];
      random.shuffle(deck.left);
    }
    return deck.left.pop() as number;
  });
}
