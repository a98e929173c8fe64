/**
 * @file Ownership of native handles: kept in order of creation, destroyed in reverse.
 */
import type { Library } from "./library.js";

type Destroy =
  | "dnnl_engine_destroy"
  | "dnnl_stream_destroy"
  | "dnnl_memory_destroy"
  | "dnnl_primitive_destroy"
  | "dnnl_primitive_desc_destroy"
  | "dnnl_primitive_attr_destroy"
  | "dnnl_post_ops_destroy";

/** Owns handles and memory; `using` destroys them in reverse order, also when something fails. */
export class Handles {
  readonly #library: Library;
  readonly #undo: (() => void)[] = [];

  constructor(library: Library) {
    this.#library = library;
  }

  /** Takes a handle and gives it back. */
  own(handle: bigint, destroy: Destroy): bigint {
    this.#undo.push(() => this.#library.value(destroy, handle));
    return handle;
  }

  /** Takes a handle that only one interface has, with what destroys it. */
  ownWith(handle: bigint, destroy: (handle: bigint) => void): bigint {
    this.#undo.push(() => destroy(handle));
    return handle;
  }

  /** Memory that lives as long as these handles. */
  allocate(bytes: number): bigint {
    const pointer = this.#library.allocate(bytes);
    this.#undo.push(() => this.#library.free(pointer));
    return pointer;
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
