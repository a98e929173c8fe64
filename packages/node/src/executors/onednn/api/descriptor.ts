/**
 * @file A primitive that could be made, with what the library chose for it.
 */
import type { Api, Layout } from "./api.js";
import type { Library } from "./library.js";

/** oneDNN's `dnnl_query_t`. */
const queries = {
  name: 8, // dnnl_query_impl_info_str
  src: 129,
  diffSrc: 130,
  weights: 131,
  diffWeights: 132,
  dst: 133,
  diffDst: 134,
  workspace: 135,
  scratchpad: 136,
} as const;

/** A primitive that could be made, and what the library chose for it. */
export class Descriptor {
  readonly handle: bigint;
  readonly #library: Library;
  readonly #api: Api;

  constructor(library: Library, api: Api, handle: bigint) {
    this.#library = library;
    this.#api = api;
    this.handle = handle;
  }

  /** The implementation, for example `jit:avx512_core`. */
  get name(): string {
    const found: [string | null] = [null];
    this.#library.call("dnnl_primitive_desc_query", this.handle, queries.name, 0, found);
    return found[0] ?? "";
  }

  /** Whether it is the library's own slow definition of the primitive. */
  get isReference(): boolean {
    return this.name.startsWith("ref");
  }

  /** The layout that was chosen for a tensor of these dimensions. */
  layout(
    of: Exclude<keyof typeof queries, "name">,
    { dims, type }: Pick<Layout, "dims" | "type">,
  ): Layout {
    return this.#api.copyLayout(this.#query(of) as bigint, dims, type);
  }

  /** What a forward primitive leaves for its gradient, where it leaves something. */
  workspace(): Layout | undefined {
    return this.#some("workspace");
  }

  scratchpad(): Layout | undefined {
    return this.#some("scratchpad");
  }

  #some(what: "workspace" | "scratchpad"): Layout | undefined {
    const pointer = this.#query(what);
    if (!pointer) return undefined;
    const layout = this.#api.copyLayout(pointer, [], "f32");
    return layout.bytes > 0 ? layout : undefined;
  }

  #query(what: keyof typeof queries): bigint | null {
    const pointer = this.#library.value(
      "dnnl_primitive_desc_query_md",
      this.handle,
      queries[what],
      0,
    );
    return pointer as bigint | null;
  }
}
