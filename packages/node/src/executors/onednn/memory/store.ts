/**
 * @file The weights: a master copy of each tensor in one layout, and derived copies in the layouts that
 * primitives need, refreshed when the tensor has changed.
 */
import { GraphError } from "@inception-resnet-v2/core/internal/errors.js";
import { sizeOf, type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Api, Layout } from "../api/api.js";
import type { Handles } from "../api/handles.js";
import type { Placed, Runtime } from "../runtime.js";

/** How a copy looks at its tensor: as it is, or with the first two axes exchanged. */
export type View = "same" | "transposed";

/** A copy of a tensor in another layout. */
export interface Copy {
  readonly placed: Placed;
  /** Renews the copy if the tensor has changed since. */
  refresh(): void;
}

interface Entry {
  readonly shape: readonly number[];
  /** The values, until the first primitive says in which layout it needs them. */
  pending: Tensor | undefined;
  master: Placed | undefined;
  version: number;
  readonly copies: { readonly view: View; readonly copy: Copy }[];
}

const blockBytes = 2 ** 23;
const alignment = 64;

/** Tensors by name, in native memory. */
export class Store {
  readonly #runtime: Runtime;
  readonly #handles: Handles;
  readonly #api: Api;
  readonly #entries = new Map<string, Entry>();
  readonly #joined: { readonly names: readonly string[]; readonly copy: Copy }[] = [];
  #block = 0n;
  #used = blockBytes;

  constructor(runtime: Runtime, handles: Handles) {
    this.#runtime = runtime;
    this.#handles = handles;
    this.#api = runtime.api(handles);
  }

  /** Adds a tensor; its master copy is made here if a layout is given, else when it is first requested. */
  add(name: string, value: Tensor, master?: Layout): void {
    const entry: Entry = {
      shape: value.shape,
      pending: value,
      master: undefined,
      version: 0,
      copies: [],
    };
    this.#entries.set(name, entry);
    if (master) this.#settle(entry, this.#allocateLayout(master));
  }

  /** Whether there is a tensor of this name. */
  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The master copy of a tensor, made in this layout if there is none yet. */
  master(name: string, layout: Layout): Placed {
    const entry = this.#entry(name);
    return entry.master ?? this.#settle(entry, this.#allocateLayout(layout));
  }

  /** The tensor in a layout: the master, or a copy that `refresh` keeps up to date. */
  in(name: string, layout: Layout, view: View = "same"): Copy {
    const entry = this.#entry(name);
    const isMaster = view === "same" && !layout.transformed;
    const master =
      entry.master ??
      this.#settle(entry, this.#allocateLayout(isMaster ? layout : this.#plain(entry.shape)));
    if (view === "same" && this.#same(master.layout, layout)) {
      return asItIs(master);
    }
    const known = entry.copies.find(
      (one) => one.view === view && this.#same(one.copy.placed.layout, layout),
    );
    if (known) return known.copy;
    const seen =
      view === "same"
        ? master
        : { layout: this.#api.permuted(master.layout, [1, 0, 2, 3]), place: master.place };
    // The library transforms weights that lie in plain order alone.
    const source = layout.transformed ? this.in(name, this.#plain(entry.shape)) : asItIs(seen);
    const copy = this.#copy(entry, source, this.#allocateLayout(layout));
    entry.copies.push({ view, copy });
    return copy;
  }

  /**
   * Tensors one after the other along their first axis; those without a master copy get it there. Undefined
   * for layouts with blocks that would hold rows of two tensors.
   */
  joined(names: readonly string[], layout: Layout): Copy | undefined {
    const known = this.#joined.find(
      (one) => one.names.join() === names.join() && this.#same(one.copy.placed.layout, layout),
    );
    if (known) return known.copy;
    const entries = names.map((name) => this.#entry(name));
    const parts = this.#parts(entries, layout);
    if (!parts) return undefined;
    const placed = this.#allocateLayout(layout);
    const copies = entries.map((entry, at): Copy => {
      const part = { layout: this.#api.keep(parts[at] as Layout), place: placed.place };
      if (entry.master) return this.#copy(entry, asItIs(entry.master), part);
      this.#settle(entry, part);
      return asItIs(part);
    });
    const refresh = () => {
      for (const copy of copies) copy.refresh();
    };
    const copy = { placed, refresh };
    this.#joined.push({ names, copy });
    return copy;
  }

  /** Records that a tensor's master copy was overwritten. */
  changed(name: string): void {
    this.#entry(name).version++;
  }

  /** The values of a tensor, in a buffer of their own. */
  read(name: string): Tensor {
    const entry = this.#entry(name);
    if (entry.pending) return tensor(entry.shape, entry.pending.data.slice());
    const result = tensor(entry.shape);
    this.#through(entry.shape, (staging, numbers) => {
      this.#reorder(entry.master as Placed, staging);
      result.data.set(numbers);
    });
    return result;
  }

  /** Overwrites the values of a tensor. */
  write(name: string, { data }: Tensor): void {
    const entry = this.#entry(name);
    this.#through(entry.shape, (staging, numbers) => {
      numbers.set(data);
      this.#reorder(staging, entry.master as Placed);
    });
    entry.version++;
  }

  #entry(name: string): Entry {
    const found = this.#entries.get(name);
    if (found) return found;
    throw new GraphError("TENSOR_MISSING", `Cannot run: no value is given for "${name}"`);
  }

  #same(a: Layout, b: Layout): boolean {
    const { library } = this.#runtime;
    return library.value("dnnl_memory_desc_equal", a.pointer, b.pointer) === 1;
  }

  #plain(shape: readonly number[]): Layout {
    return this.#api.layout(shape.length === 0 ? [1] : shape, "f32", "plain");
  }

  /** Memory that outlives the program which asks for it. */
  #allocateLayout(layout: Layout): Placed {
    return {
      layout: this.#api.keep(layout),
      place: { address: this.#allocate(layout.bytes) },
    };
  }

  /** The layouts of tensors that follow each other in a layout of all of them. */
  #parts(entries: readonly Entry[], layout: Layout): Layout[] | undefined {
    let from = 0;
    try {
      return entries.map(({ shape: [rows = 1, ...rest] }) => {
        const part = this.#api.part(layout, [rows, ...rest], [from, ...rest.map(() => 0)]);
        from += rows;
        return part;
      });
    } catch {
      return undefined;
    }
  }

  /** Small tensors share blocks. */
  #allocate(bytes: number): bigint {
    if (bytes > blockBytes / 4) return this.#handles.allocate(bytes);
    if (this.#used + bytes > blockBytes) {
      this.#block = this.#handles.allocate(blockBytes);
      this.#used = 0;
    }
    const address = this.#block + BigInt(this.#used);
    this.#used += Math.ceil(bytes / alignment) * alignment;
    return address;
  }

  #settle(entry: Entry, master: Placed): Placed {
    this.#through(entry.shape, (staging, numbers) => {
      numbers.set(entry.pending?.data.subarray(0, numbers.length) ?? []);
      this.#reorder(staging, master);
    });
    entry.pending = undefined;
    entry.master = master;
    return master;
  }

  /** Runs something with memory for a tensor in plain order. */
  #through(shape: readonly number[], run: (staging: Placed, numbers: Float32Array) => void): void {
    const { library } = this.#runtime;
    const bytes = 4 * sizeOf(shape);
    const address = library.allocate(bytes);
    try {
      run(
        { layout: this.#plain(shape), place: { address } },
        new Float32Array(library.view(address, bytes)),
      );
    } finally {
      library.free(address);
    }
  }

  #reorder(from: Placed, to: Placed): void {
    using handles = this.#runtime.handles();
    this.#runtime.reorder(handles, from, to)();
    this.#runtime.wait();
  }

  #copy(entry: Entry, from: Copy, to: Placed): Copy {
    const reorder = this.#runtime.reorder(this.#handles, from.placed, to);
    let version = -1;
    return {
      placed: to,
      refresh: () => {
        if (version === entry.version) return;
        from.refresh();
        reorder();
        version = entry.version;
      },
    };
  }
}

/** A tensor that needs no copy. */
function asItIs(placed: Placed): Copy {
  return { placed, refresh: () => {} };
}
