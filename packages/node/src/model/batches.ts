/**
 * @file Pipelines batches through the executor: one is computed while the next is filled.
 */
import { item, stack, type Tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/** An item that was loaded, or failed to. */
export type Loaded<S> =
  | { readonly source: S; readonly tensor: Tensor }
  | { readonly source: S; readonly error: Error };

/** An item with its row of the output, or its error. */
export type Computed<S> =
  | { readonly source: S; readonly output: Tensor }
  | { readonly source: S; readonly error: Error };

/** Batches submitted and not yet finished: one in work, one waiting for it. */
const underWay = 2;

/**
 * Groups items into batches, runs them, and gives each item its row, in order. Items that failed to
 * load take no part in a batch but keep their place.
 */
export async function* batches<S>(
  items: AsyncIterable<Loaded<S>>,
  size: number,
  run: (batch: Tensor) => Promise<Tensor>,
): AsyncGenerator<Computed<S>> {
  const queue: Promise<Computed<S>[]>[] = [];
  let group: Loaded<S>[] = [];
  let filled = 0;
  const submit = () => {
    const result = compute(group, run);
    result.catch(() => {}); // the error comes out where the batch is awaited
    queue.push(result);
    group = [];
    filled = 0;
  };
  for await (const one of items) {
    group.push(one);
    if ("tensor" in one) filled++;
    if (filled === size) submit();
    if (queue.length === underWay) yield* (await queue.shift()) ?? [];
  }
  if (group.length > 0) submit();
  for (const rest of queue) yield* await rest;
}

async function compute<S>(
  group: readonly Loaded<S>[],
  run: (batch: Tensor) => Promise<Tensor>,
): Promise<Computed<S>[]> {
  const tensors = group.flatMap((one) => ("tensor" in one ? [one.tensor] : []));
  const output = tensors.length > 0 ? await run(stack(tensors)) : undefined;
  let row = 0;
  return group.map((one) =>
    "tensor" in one && output
      ? { source: one.source, output: item(output, row++) }
      : (one as { source: S; error: Error }),
  );
}
