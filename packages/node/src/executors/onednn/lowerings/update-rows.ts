/**
 * @file An update as rows of numbers: a tensor, its gradient and its slots share a layout, so that
 * number by number they can be changed in the order in which they lie, whatever that is. Padding of a
 * layout is zero and stays zero.
 *
 * Long rows go in pieces that stay in the cache from the first primitive to the last, so that each
 * number comes from memory once.
 */
import type { Node, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { OptimizerAttributes } from "@inception-resnet-v2/core/internal/graph/optimizer-ops.js";
import type { BinaryName, Layout } from "../api/api.js";
import type { BinaryOperands, Finish } from "../primitives.js";
import type { Prepared } from "../recorder.js";
import type { Placed } from "../runtime.js";
import type { Site } from "./lowering.js";

/** Numbers that the primitives of an update work on at a time: 256 KiB. */
const pieceLength = 2 ** 16;

type Pieces = readonly [Placed, Placed, Placed, Placed];

/**
 * Writes a node that changes its first outputs' variables where they are, or copies of the inputs
 * where those are to be kept.
 */
export function inPlace(
  site: Site,
  node: Node<keyof OptimizerAttributes>,
  changed: readonly Value[],
  rest: readonly Value[],
  write: (row: Row, pieces: Pieces) => void,
): void {
  const variable = [...changed, ...rest].find(({ name }) => site.store.has(name));
  const plain = site.layout(changed[0]?.shape ?? [], "f32");
  const layout = variable ? site.store.master(variable.name, plain).layout : plain;
  const flat = site.layout([layout.bytes / 4], "f32");
  const results = changed.map((value, at): Placed => {
    const { place } = placeOf(site, value, layout);
    if (site.target(node.outputs[at])?.place === place) return { layout, place };
    const copy = site.recorder.slot(layout);
    site.copy({ layout, place }, copy);
    return copy;
  });
  const rows = [...results, ...rest.map((value) => placeOf(site, value, layout))];
  inPieces(
    site,
    rows.map(({ place }) => ({ layout: flat, place })),
    write,
  );
  results.forEach((placed, at) => {
    site.bind(node.outputs[at] as Value, placed);
  });
}

/** A tensor as one row, as it lies. */
export function rowOf(site: Site, value: Value): Placed {
  const { place, layout } = placeOf(site, value, site.layout(value.shape, "f32"));
  return { layout: site.layout([layout.bytes / 4], "f32"), place };
}

/** The master copy of a variable, or another value in this layout. */
function placeOf(site: Site, value: Value, layout: Layout): Placed {
  return site.store.has(value.name)
    ? site.store.master(value.name, layout)
    : site.request(value, layout);
}

/** What pieces of one length share. */
interface Shared {
  readonly layout: Layout;
  readonly known: Prepared[];
  /** The number 1. */
  readonly one: Placed;
}

/** What a piece of an update can do. */
export class Row {
  readonly #site: Site;
  readonly #layout: Layout;
  /** The primitives of pieces of this length, in order. */
  readonly #known: Prepared[];
  readonly #one: Placed;
  #next = 0;

  constructor(site: Site, { layout, known, one }: Shared) {
    this.#site = site;
    this.#layout = layout;
    this.#known = known;
    this.#one = one;
  }

  /** Room for a piece. */
  temporary(): Placed {
    return this.#site.recorder.slot(this.#layout);
  }

  /** clip g + decay w */
  gradient(g: Placed, w: Placed, clip: Placed, decay: number): Placed {
    const result = this.temporary();
    if (decay !== 0) this.unary(w, result, [{ kind: "linear", alpha: decay, beta: 0 }]);
    this.binary("mul", g, clip, result, decay === 0 ? [] : [{ kind: "sum", factor: 1 }]);
    return result;
  }

  /** dst = a of b; b may be a scalar. */
  binary(of: BinaryName, ...operands: BinaryOperands): void {
    const at = this.#next++;
    this.#known[at] ??= this.#site.preparedBinary(of, operands);
    const given = this.#site.binaryArguments(operands);
    this.#site.recorder.add(`update/${of}`, this.#known[at] as Prepared, given);
  }

  /** dst = alpha src + keep dst */
  addTo(dst: Placed, keep: number, src: Placed, alpha = 1): void {
    const finishes: Finish[] = [
      { kind: "linear", alpha, beta: 0 },
      { kind: "sum", factor: keep },
    ];
    this.unary(src, dst, alpha === 1 ? finishes.slice(1) : finishes);
  }

  /** dst = src with what follows. oneDNN 2 ignores post-ops of one-operand primitives. */
  unary(src: Placed, dst: Placed, finishes: readonly Finish[]): void {
    this.binary("mul", src, this.#one, dst, finishes);
  }
}

/** Writes an update piece by piece; tensors in the arena are short and go in one. */
function inPieces(
  site: Site,
  rows: readonly Placed[],
  write: (row: Row, pieces: Pieces) => void,
): void {
  const length = (rows[0]?.layout.bytes ?? 0) / 4;
  const isFixed = rows.every(({ place }) => "address" in place);
  const step = isFixed ? Math.min(length, pieceLength) : length;
  const one = site.one();
  const lengths = new Map<number, Shared>();
  for (let from = 0; from < length; from += step) {
    const size = Math.min(step, length - from);
    const shared = lengths.get(size) ?? { layout: site.layout([size], "f32"), known: [], one };
    lengths.set(size, shared);
    const { layout } = shared;
    const pieces = rows.map(({ place }): Placed => {
      if (!("address" in place)) return { layout, place };
      return { layout, place: { address: place.address + BigInt(4 * from) } };
    });
    write(new Row(site, shared), pieces as unknown as Pieces);
  }
}
