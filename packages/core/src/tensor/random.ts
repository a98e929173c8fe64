/**
 * @file Random numbers from a seed: xoshiro128** (Blackman and Vigna, https://prng.di.unimi.it),
 * seeded through splitmix32. The state is four whole numbers, so that a stream can be saved.
 */

/** The whole state of a stream. */
export type RandomState = readonly [number, number, number, number];

/** A stream of random numbers. */
export interface Random {
  /** A number from 0 up to, not including, 1, in steps of 2^-32. */
  uniform(): number;
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number;
  /** A number of the standard normal distribution. */
  normal(): number;
  /** Puts a list in random order, in place. */
  shuffle<T>(list: T[]): void;
  readonly state: RandomState;
}

/** A stream from a whole-number seed, from a seed and a name, or from a saved state. */
export function createRandom(seed: number | RandomState, name = ""): Random {
  let [a, b, c, d] = typeof seed === "number" ? expandSeed(seed, name) : seed;
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };
  const uniform = () => next() / 2 ** 32;
  const below = (limit: number) => Math.floor(uniform() * limit);
  return {
    uniform,
    below,
    // Box and Muller; one of the pair is not kept, so that the state stays four numbers.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle(list) {
      for (let at = list.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [list[at], list[other]] = [list[other] as never, list[at] as never];
      }
    },
    get state(): RandomState {
      return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
    },
  };
}

function expandSeed(seed: number, name: string): [number, number, number, number] {
  let h = (seed ^ 0x9e3779b9) >>> 0;
  for (const letter of name) h = Math.imul(h ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  h = (h + Math.floor(seed / 2 ** 32)) >>> 0;
  const split = () => {
    h = (h + 0x9e3779b9) >>> 0;
    let z = h;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return [split(), split(), split(), split()];
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
