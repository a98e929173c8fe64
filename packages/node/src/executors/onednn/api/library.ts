/**
 * @file oneDNN itself: its C functions, and the status of every call.
 *
 * Two interfaces of the library are in use: 2.x (`libdnnl.so.2`, Debian 12), where memory descriptors
 * are structures of the caller, and 3.x (`libdnnl.so.3`), where they are handles. The functions that
 * both share are in `shared`; what differs is in `api-2.ts` and `api-3.ts`. Declarations are those of
 * oneDNN's `dnnl.h`.
 */
import { NativeError, ResourceError } from "@inception-resnet-v2/core/internal/errors.js";

/** A pointer, a buffer whose address is passed, or nothing. */
export type Native = bigint | Uint8Array | BigInt64Array | BigUint64Array | Float32Array | null;

type Function = (...values: unknown[]) => unknown;

/** Functions by name. */
export type Declarations = Readonly<Record<string, string>>;

/** Functions that both interfaces have. */
export const shared = {
  dnnl_version: "void* dnnl_version()",
  dnnl_get_effective_cpu_isa: "int dnnl_get_effective_cpu_isa()",
  dnnl_engine_create: "int dnnl_engine_create(_Out_ void** engine, int kind, size_t index)",
  dnnl_engine_destroy: "int dnnl_engine_destroy(void* engine)",
  dnnl_stream_create: "int dnnl_stream_create(_Out_ void** stream, void* engine, uint flags)",
  dnnl_stream_wait: "int dnnl_stream_wait(void* stream)",
  dnnl_stream_destroy: "int dnnl_stream_destroy(void* stream)",
  dnnl_memory_desc_equal: "int dnnl_memory_desc_equal(void* a, void* b)",
  dnnl_memory_desc_get_size: "size_t dnnl_memory_desc_get_size(void* md)",
  dnnl_memory_create:
    "int dnnl_memory_create(_Out_ void** memory, void* md, void* engine, void* handle)",
  dnnl_memory_destroy: "int dnnl_memory_destroy(void* memory)",
  dnnl_primitive_desc_query_md: "void* dnnl_primitive_desc_query_md(void* pd, int what, int index)",
  dnnl_primitive_desc_query:
    "int dnnl_primitive_desc_query(void* pd, int what, int index, _Out_ const char** text)",
  dnnl_primitive_desc_destroy: "int dnnl_primitive_desc_destroy(void* pd)",
  dnnl_primitive_create: "int dnnl_primitive_create(_Out_ void** primitive, void* pd)",
  dnnl_primitive_destroy: "int dnnl_primitive_destroy(void* primitive)",
  dnnl_primitive_execute:
    "int dnnl_primitive_execute(void* primitive, void* stream, int count, void* args)",
  dnnl_primitive_attr_create: "int dnnl_primitive_attr_create(_Out_ void** attr)",
  dnnl_primitive_attr_destroy: "int dnnl_primitive_attr_destroy(void* attr)",
  dnnl_primitive_attr_set_scratchpad_mode:
    "int dnnl_primitive_attr_set_scratchpad_mode(void* attr, int mode)",
  dnnl_primitive_attr_set_post_ops:
    "int dnnl_primitive_attr_set_post_ops(void* attr, void* post_ops)",
  dnnl_post_ops_create: "int dnnl_post_ops_create(_Out_ void** post_ops)",
  dnnl_post_ops_destroy: "int dnnl_post_ops_destroy(void* post_ops)",
  dnnl_post_ops_append_binary:
    "int dnnl_post_ops_append_binary(void* post_ops, int alg, void* src1_md)",
  dnnl_reorder_primitive_desc_create:
    "int dnnl_reorder_primitive_desc_create(_Out_ void** pd, void* src_md, void* src_engine, void* dst_md, void* dst_engine, void* attr)",
} as const satisfies Declarations;

/** Names of the functions that both interfaces have. */
export type SharedFunction = keyof typeof shared;

/** Of the C library, for memory that oneDNN likes: aligned, in large pages where there are such. */
export const system = {
  aligned_alloc: "void* aligned_alloc(size_t alignment, size_t size)",
  free: "void free(void* pointer)",
  madvise: "int madvise(void* address, size_t length, int advice)",
  dlopen: "void* dlopen(const char* path, int flags)",
} as const satisfies Declarations;

/** oneDNN's `dnnl_status_t`. */
const statusNames = [
  "success",
  "out of memory",
  "invalid arguments",
  "unimplemented",
  "last implementation reached",
  "runtime error",
  "not required",
];

const outOfMemory = 1;

/** The error of a call that returned `status`. */
function nativeError(call: string, status: number): NativeError {
  const name = statusNames[status] ?? "unknown";
  return new NativeError(
    "NATIVE_CALL",
    `Cannot run on oneDNN: expected ${call} to succeed, got ${status} (${name})`,
    { status },
  );
}

/** What is used of koffi. */
export interface Koffi {
  load(path: string | null): { func(declaration: string): Function };
  view(pointer: bigint, bytes: number): ArrayBuffer;
  decode(pointer: bigint, type: string, length?: number): unknown;
}

/** Calls of a loaded oneDNN. */
export class Library<Name extends string = never> {
  /** The file that was loaded. */
  readonly path: string;
  readonly #koffi: Koffi;
  readonly #functions: Readonly<Record<string, Function>>;

  constructor(path: string, koffi: Koffi, functions: Readonly<Record<string, Function>>) {
    this.path = path;
    this.#koffi = koffi;
    this.#functions = functions;
  }

  /** The same library with more functions. */
  with<More extends string>(more: Readonly<Record<More, string>>): Library<Name | More> {
    const functions = { ...this.#functions, ...declare(this.#koffi, this.path, more) };
    return new Library<Name | More>(this.path, this.#koffi, functions);
  }

  /** Calls a function that returns a value. */
  value(name: Name | SharedFunction, ...values: unknown[]): unknown {
    return this.#functions[name]?.(...values);
  }

  /** Calls a function that returns a status. Throws `NativeError`, or `ResourceError` without memory. */
  call(name: Name | SharedFunction, ...values: unknown[]): void {
    const status = this.#functions[name]?.(...values) as number;
    if (status === outOfMemory) throw memoryError(name);
    if (status !== 0) throw nativeError(name, status);
  }

  /** Calls a function that makes something and gives its handle by its first argument. */
  create(name: Name | SharedFunction, ...values: unknown[]): bigint {
    const made: [bigint | null] = [null];
    this.call(name, made, ...values);
    return made[0] as unknown as bigint;
  }

  /** Native memory, aligned to a large page. Throws `ResourceError` when there is none. */
  allocate(bytes: number): bigint {
    const size = Math.ceil(Math.max(bytes, 1) / pageBytes) * pageBytes;
    const pointer = this.#functions["aligned_alloc"]?.(pageBytes, size) as bigint | null;
    if (!pointer) throw memoryError(`an allocation of ${size} bytes`);
    this.#functions["madvise"]?.(pointer, size, adviseLargePages);
    return pointer;
  }

  free(pointer: bigint): void {
    this.#functions["free"]?.(pointer);
  }

  /** The numbers at an address, without a copy; not to be used after they are freed. */
  view(pointer: bigint, bytes: number): ArrayBuffer {
    return this.#koffi.view(pointer, bytes);
  }

  /** A copy of what is at an address. */
  bytes(pointer: bigint, length: number): Uint8Array {
    return this.#koffi.decode(pointer, "uint8_t", length) as Uint8Array;
  }

  /** Major, minor and patch. */
  version(): readonly [number, number, number] {
    const pointer = this.value("dnnl_version") as bigint;
    const [major = 0, minor = 0, patch = 0] = new Int32Array(
      this.bytes(pointer, 12).slice().buffer,
    );
    return [major, minor, patch];
  }
}

const pageBytes = 2 ** 21;
const adviseLargePages = 14; // MADV_HUGEPAGE of Linux

function memoryError(what: string): ResourceError {
  return new ResourceError(
    "OUT_OF_MEMORY",
    `Cannot run on oneDNN: expected enough memory, got "out of memory" from ${what}`,
  );
}

/** Functions of a library, or of the process itself. */
export function declare(koffi: Koffi, path: string | null, declarations: Declarations) {
  const library = koffi.load(path);
  return Object.fromEntries(
    Object.entries(declarations).map(([name, text]) => [name, library.func(text)]),
  );
}
