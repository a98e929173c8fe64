/**
 * @file Where oneDNN is looked for, and what was found. It is never required: everything works on ONNX
 * Runtime without it.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { type Declarations, declare, type Koffi, Library, shared, system } from "./library.js";

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
export async function openLibrary(
  threads?: number,
  platform: string = process.platform,
): Promise<Library> {
  if (platform !== "linux") throw missing(`Linux, got ${platform}`);
  koffiLoading ??= import("koffi").then((module) => module.default as unknown as Koffi);
  let koffi: Koffi;
  try {
    koffi = await koffiLoading;
  } catch (cause) {
    throw missing(`the package "koffi" to load, got "${reason(cause)}"`, cause);
  }
  const failures: unknown[] = [];
  for (const path of candidates()) {
    try {
      const library = load(koffi, path);
      if (threads !== undefined) setThreads(koffi, threads);
      return library;
    } catch (cause) {
      failures.push(new Error(`${path}: ${reason(cause)}`, { cause }));
    }
  }
  const [first] = failures;
  const expected = "libdnnl.so.2 or libdnnl.so.3 (Debian: apt-get install libdnnl2)";
  throw missing(`${expected}, got ${first ? `"${reason(first)}"` : "none"}`, first);
}

function load(koffi: Koffi, path: string): Library {
  const functions = {
    ...withPatience(() => declare(koffi, path, shared)),
    ...declare(koffi, null, system),
  };
  const library = new Library(path, koffi, functions);
  functions["dlopen"]?.(path, keepLoaded);
  checkVersion(library.version());
  return library;
}

/** Throws where a version is too old. */
export function checkVersion(version: readonly [major: number, minor: number, patch: number]) {
  const [major, minor] = version;
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  throw new Error(`version ${version.join(".")} is older than ${oldest.join(".")}`);
}

/**
 * OpenMP's threads wait for each other a thousand times a step. By default they turn in circles for
 * a millisecond, and while another process holds a core, or a loader thread of ours, one of them waits
 * for a thread that it keeps from running: seven times slower was measured. With a short spin they
 * hand the core over. OpenMP reads this once, when it is loaded, and only the main thread's
 * environment is the process's; what the user has set stays.
 */
function withPatience<T>(load: () => T): T {
  const { env } = process;
  if (env["GOMP_SPINCOUNT"] !== undefined || env["OMP_WAIT_POLICY"] !== undefined) return load();
  env["GOMP_SPINCOUNT"] = "2000";
  try {
    return load();
  } finally {
    delete env["GOMP_SPINCOUNT"];
  }
}

/** Batch norm with an offset alone came with this version. */
const oldest = [2, 6] as const;

/** What was found, for `doctor`, `auto` and messages. */
export interface Found {
  readonly path: string;
  readonly version: string;
  /** What the processor offers to the library, for example `AVX-512 with bf16`. */
  readonly instructions: string;
  readonly hasBf16: boolean;
  /** Whether this library is faster than ONNX Runtime on this processor: it is with AVX-512. */
  readonly isFaster: boolean;
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
    isFaster: has("avx512"),
  };
}

/** Whether the library is installed and faster than ONNX Runtime on this processor. */
export async function isOneDnnFaster(): Promise<boolean> {
  return describeLibrary().then(
    ({ isFaster }) => isFaster,
    () => false,
  );
}

const openMp = {
  omp_set_num_threads: "void omp_set_num_threads(int threads)",
} as const satisfies Declarations;

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
