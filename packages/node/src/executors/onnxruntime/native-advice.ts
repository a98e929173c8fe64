/**
 * @file How to get ONNX Runtime's native build where it is missing.
 *
 * npm drops the optional package without a word when its post-install cannot download CUDA files; the
 * build for CPUs needs none of them.
 */
import { readFileSync } from "node:fs";
import { isNonGlibcLinux } from "detect-libc";
import { loadOrt } from "./session.js";

/** Where onnxruntime-node has a binary, as `platform/arch`; on Linux with glibc alone. */
export const nativePlatforms: readonly string[] = [
  "darwin/arm64",
  "linux/arm64",
  "linux/x64",
  "win32/arm64",
  "win32/x64",
];

/**
 * What keeps the native build from being used, and how to get it, in one line; undefined where it
 * works and where onnxruntime-node has no binary for this platform.
 */
export async function nativeAdvice(): Promise<string | undefined> {
  const error = await loadOrt("native").then(
    () => undefined,
    (reason: Error) => reason,
  );
  if (!error || !nativePlatforms.includes(`${process.platform}/${process.arch}`)) return undefined;
  if (await isNonGlibcLinux()) return undefined;
  const cause = error.cause as (Error & { code?: string }) | undefined;
  if (cause?.code !== "ERR_MODULE_NOT_FOUND") {
    return `onnxruntime-node is installed but cannot be loaded: ${cause?.message.split("\n")[0]}`;
  }
  return `onnxruntime-node is not installed; to get it: npm install onnxruntime-node@${nativeVersion()} --ignore-scripts`;
}

/** The version that this package asks for. */
function nativeVersion(): string {
  const file = new URL("../../../package.json", import.meta.url);
  const { optionalDependencies } = JSON.parse(readFileSync(file, "utf8")) as {
    optionalDependencies: Readonly<Record<string, string>>;
  };
  return optionalDependencies["onnxruntime-node"] ?? "latest";
}
