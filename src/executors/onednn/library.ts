/**
 * @file oneDNN itself: where it is looked for, its C functions, and the status of every call.
 *
 * Two interfaces of the library are in use: 2.x (`libdnnl.so.2`, Debian 12), where memory descriptors
 * are structures of the caller, and 3.x (`libdnnl.so.3`), where they are handles. The functions that
 * both share are in `shared`; what differs is in `api-2.ts` and `api-3.ts`. Declarations are those of
 * oneDNN's `dnnl.h`.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Irv2Error, ResourceError } from "../../errors.js";

/** A pointer, a buffer whose address is passed, or nothing. */
export type Native = bigint | Uint8Array | BigInt64Array | BigUint64Array | Float32Array | null;

type Function = (...values: unknown[]) => unknown;

/** Functions by name. */
export type Declarations = Readonly<Record<string, string>>;

const shared = {
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
const system = {
  aligned_alloc: "void* aligned_alloc(size_t alignment, size_t size)",
  free: "void free(void* pointer)",
  madvise: "int madvise(void* address, size_t length, int advice)",
  dlopen: "void* dlopen(const char* path, int flags)",
} as const satisfies Declarations;

const openMp = {
  omp_set_num_threads: "void omp_set_num_threads(int threads)",
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

/** A call of oneDNN that failed; `status` is what it returned. */
export class NativeError extends Irv2Error {
  readonly status: number;

  constructor(call: string, status: number) {
    const name = statusNames[status] ?? "unknown";
    super("ONEDNN", `Cannot run on oneDNN: expected ${call} to succeed, got ${status} (${name})`);
    this.status = status;
  }
}

/** What is loaded from other libraries than oneDNN. */
interface Koffi {
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
    if (status !== 0) throw new NativeError(name, status);
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
    const [major = 0, minor = 0, patch = 0] = new Int32Array(this.bytes(pointer, 12).slice().buffer);
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

function declare(koffi: Koffi, path: string | null, declarations: Declarations) {
  const library = koffi.load(path);
  return Object.fromEntries(
    Object.entries(declarations).map(([name, text]) => [name, library.func(text)]),
  );
}

/** Names a file to load instead of looking for one. */
export const pathVariable = "IRV2_ONEDNN";

const folders = [
  ...(process.env["LD_LIBRARY_PATH"] ?? "").split(":"),
  "/usr/local/lib",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
].filter((folder) => folder !== "");

/** Files that may be oneDNN, the best first: newer interfaces before older ones. */
function candidates(): string[] {
  const given = process.env[pathVariable];
  if (given) return [given];
  const found = folders.flatMap((folder) =>
    list(folder)
      .filter((name) => /^libdnnl\.so\.[23](\.\d+)*$/.test(name))
      .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
      .map((name) => join(folder, name)),
  );
  const major = (path: string) => Number(/\.so\.(\d)/.exec(path)?.[1]);
  return found.sort((a, b) => major(b) - major(a)); // stable: folders keep their order
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * RTLD_LAZY | RTLD_NODELETE: koffi unloads its libraries when a thread of Node ends, but OpenMP's own
 * threads are still in them then.
 */
const keepLoaded = 0x1001;

let koffiLoading: Promise<Koffi> | undefined;

/**
 * Loads oneDNN and sets how many threads this thread computes with. Throws `ResourceError` that says
 * what is missing and how to get it.
 */
export async function openLibrary(threads?: number): Promise<Library> {
  if (process.platform !== "linux") {
    throw missing(`Linux, got ${process.platform}`);
  }
  koffiLoading ??= import("koffi").then((module) => module.default as unknown as Koffi);
  let koffi: Koffi;
  try {
    koffi = await koffiLoading;
  } catch (cause) {
    throw missing(`the package "koffi" to load, got "${reason(cause)}"`, cause);
  }
  const paths = candidates();
  let failure: unknown;
  for (const path of paths) {
    try {
      const functions = { ...declare(koffi, path, shared), ...declare(koffi, null, system) };
      const library = new Library(path, koffi, functions);
      functions["dlopen"]?.(path, keepLoaded);
      if (threads !== undefined) setThreads(koffi, threads);
      return library;
    } catch (cause) {
      failure = cause;
    }
  }
  if (failure) throw missing(`"${paths.join('" or "')}" to load, got "${reason(failure)}"`, failure);
  throw missing(
    "libdnnl.so.2 or libdnnl.so.3 (Debian: apt-get install libdnnl2), got none in the library folders",
  );
}

/** What was found, for `doctor`, `auto` and messages. */
export interface Found {
  readonly path: string;
  readonly version: string;
  /** What the processor offers to the library, for example `AVX-512 with bf16`. */
  readonly instructions: string;
  readonly hasBf16: boolean;
  /** Whether the processor gains from this library over ONNX Runtime: it does from AVX-512 on. */
  readonly gains: boolean;
}

/** oneDNN's `dnnl_cpu_isa_t`, by its bits: AVX-512 is 0x20 above AVX2, bf16 0x80 above that. */
const instructionBits = { avx2: 0x04, avx512: 0x20, bf16: 0x80, amx: 0x800 };

/** Loads the library for a moment. Throws `ResourceError` as `openLibrary` does. */
export async function describeLibrary(): Promise<Found> {
  const library = await openLibrary();
  const bits = library.value("dnnl_get_effective_cpu_isa") as number;
  const has = (name: keyof typeof instructionBits) => (bits & instructionBits[name]) !== 0;
  const names = { amx: "AMX", bf16: "AVX-512 with bf16", avx512: "AVX-512", avx2: "AVX2" } as const;
  const best = (["amx", "bf16", "avx512", "avx2"] as const).find(has);
  return {
    path: library.path,
    version: library.version().join("."),
    instructions: best ? names[best] : "SSE",
    hasBf16: has("bf16"),
    gains: has("avx512"),
  };
}

/** oneDNN of the distributions computes with OpenMP, whose number of threads belongs to a thread. */
function setThreads(koffi: Koffi, threads: number): void {
  const { omp_set_num_threads: set } = declare(koffi, "libgomp.so.1", openMp);
  set?.(threads);
}

function missing(expected: string, cause?: unknown): ResourceError {
  return new ResourceError("ENGINE_MISSING", `Cannot load oneDNN: expected ${expected}`, { cause });
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
