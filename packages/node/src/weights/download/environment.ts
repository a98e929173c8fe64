/**
 * @file Download settings from the environment: folders, addresses, tokens, limits.
 *
 * The variables and their defaults are those of Python's huggingface_hub (`constants.py`) and Keras
 * (`backend/config.py`), so that both sides share one copy of a file; `IRV2_MIRROR` is ours. They are
 * read when asked for; an empty one counts as not set. Proxies are `http.ts`'s.
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Root of the hub's cache: `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `hub` in its home. */
export function hubCacheFolder(): string {
  return (
    folder("HF_HUB_CACHE") ?? folder("HUGGINGFACE_HUB_CACHE") ?? join(huggingFaceHome(), "hub")
  );
}

/** Where Keras keeps downloaded models: `KERAS_HOME/models`, by default `~/.keras/models`. */
export function kerasModelsFolder(): string {
  return join(folder("KERAS_HOME") ?? join(homedir(), ".keras"), "models");
}

/** Address of the hub, without a slash at its end: `HF_ENDPOINT`. */
export function hubEndpoint(): string {
  return (text("HF_ENDPOINT") ?? "https://huggingface.co").replace(/\/+$/, "");
}

/** The name of the variable that disables downloads, if one does. */
export function hubOfflineVariable(): string | undefined {
  const isTrue = (name: string) => /^(1|on|yes|true)$/i.test(text(name) ?? "");
  return ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find(isTrue);
}

/** The user's token for the hub: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, or what `hf auth login` stored. */
export async function hubToken(): Promise<string | undefined> {
  if (/^(1|on|yes|true)$/i.test(text("HF_HUB_DISABLE_IMPLICIT_TOKEN") ?? "")) return undefined;
  const stored = folder("HF_TOKEN_PATH") ?? join(huggingFaceHome(), "token");
  const token =
    text("HF_TOKEN") ??
    text("HUGGING_FACE_HUB_TOKEN") ??
    (await readFile(stored, "utf8").catch(() => ""));
  return token.replace(/\s/g, "") || undefined;
}

/**
 * The address of a file that is not on the hub. `IRV2_MIRROR` stands in for scheme and host; the
 * path stays, so that a plain copy of the sites serves.
 */
export function mirrored(url: string): string {
  const mirror = text("IRV2_MIRROR");
  return mirror === undefined ? url : mirror.replace(/\/+$/, "") + new URL(url).pathname;
}

/** How long to wait for the next bytes: `HF_HUB_DOWNLOAD_TIMEOUT` in seconds, 30, at most 60. */
export function readTimeoutMs(): number {
  const seconds = Number(text("HF_HUB_DOWNLOAD_TIMEOUT"));
  return 1000 * (seconds > 0 ? Math.min(seconds, 60) : 30);
}

function huggingFaceHome(): string {
  return (
    folder("HF_HOME") ?? join(folder("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "huggingface")
  );
}

/** A folder, with `~` and `$NAME` filled in as Python does. */
function folder(name: string): string | undefined {
  return text(name)
    ?.replace(/^~(?=\/|$)/, homedir())
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, braced, bare) => process.env[braced ?? bare] ?? all);
}

function text(name: string): string | undefined {
  return process.env[name] || undefined;
}
