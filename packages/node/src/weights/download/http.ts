/**
 * @file Requests with what a user's network needs: proxies from the environment, limits on silence,
 * and one sentence when there is no answer.
 *
 * undici is the client inside Node's own `fetch`; the package is needed for `EnvHttpProxyAgent`
 * (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`), which Node 20 does not bring. As `fetch` prescribes, a
 * redirect to another origin leaves the `Authorization` header behind.
 */
import { ModelError, ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { readTimeoutMs } from "./environment.js";

/** A client with connections of its own, closed when disposed of. */
export interface Http extends AsyncDisposable {
  readonly fetch: typeof fetch;
}

/** The longest wait for a connection. */
const longestConnectMs = 10_000;

/** Opens a client; `signal` ends all of its requests. */
export async function openHttp(signal?: AbortSignal): Promise<Http> {
  const undici = await import("undici");
  const silence = readTimeoutMs();
  const connectMs = Math.min(longestConnectMs, silence);
  const agent = new undici.EnvHttpProxyAgent({
    connect: { timeout: connectMs },
    bodyTimeout: silence,
    proxyTunnel: false, // plain http: goes through a proxy by GET; many forbid CONNECT to port 80
  });
  const request = async (url: string | URL, init: import("undici").RequestInit = {}) => {
    // undici tries again for ever when a proxy hangs up, so its own limits do not suffice.
    const late = new AbortController();
    const waitMs = connectMs + silence;
    const timer = setTimeout(() => late.abort(new Error(`no data for ${waitMs} ms`)), waitMs);
    const signals = signal ? [signal, late.signal] : [late.signal];
    const ended = AbortSignal.any(signals);
    try {
      return await undici.fetch(url, { ...init, dispatcher: agent, signal: ended });
    } catch (error) {
      signal?.throwIfAborted();
      throw new Cut(error);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    fetch: request as unknown as typeof fetch,
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

/** No answer came: the error of a connection. */
export class Cut extends Error {
  constructor(cause: unknown) {
    super("No answer came", { cause });
  }
}

/** The error of a server that did not answer as it should; `found` is what came instead. */
export function unreachable(name: string, url: string, found: unknown): ResourceError {
  const reason = typeof found === "number" ? `status ${found}` : `none (${reasonOf(found)})`;
  return new ResourceError(
    "WEIGHTS_UNREACHABLE",
    `Cannot pull weights "${name}": expected an answer from ${originOf(url)}, got ${reason}`,
    { cause: found instanceof Error ? found : undefined },
  );
}

/** The error of an answer that refuses: what a user can do about a status. */
export function refused(name: string, url: string, status: number): ResourceError | ModelError {
  if (status === 401 || status === 403) {
    return new ResourceError(
      "WEIGHTS_FORBIDDEN",
      `Cannot pull weights "${name}": expected permission to read ${originOf(url)}, got status ${status}; the repository does not exist, or requires an access token, in HF_TOKEN or from "hf auth login"`,
    );
  }
  if (status === 404 || status === 410) {
    return new ModelError(
      "WEIGHTS_MISSING",
      `Cannot pull weights "${name}": expected a file at ${url}, got status ${status}`,
    );
  }
  return unreachable(name, url, status);
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : quote(url);
}

/** The innermost cause that says something: `ECONNREFUSED`, `ENOTFOUND`, or a text. */
function reasonOf(error: unknown): string {
  let reason = "no reason given";
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, message } = at as NodeJS.ErrnoException;
    const isPlain = typeof code === "string" && /^E[A-Z]+$/.test(code);
    reason = isPlain ? code : message || reason;
  }
  return reason;
}
