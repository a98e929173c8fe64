/**
 * @file What surrounds a download, for the length of a test: environment variables, and the user.
 */

/** Variables that would lead a test out to the network, to this user's caches or past its server. */
const ours =
  /^(HF_|HUGGING|HUGGINGFACE_|TRANSFORMERS_OFFLINE$|XDG_CACHE_HOME$|KERAS_HOME$|IRV2_MIRROR$)|_proxy$/i;

/** The environment without those, and with `variables`. */
export function cleanEnvironment(
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  // Empty rather than absent, so that it can be laid over a child's environment, too.
  const unset = Object.keys(process.env)
    .filter((name) => ours.test(name))
    .map((name) => [name, ""]);
  return { ...Object.fromEntries(unset), ...variables };
}

/** Runs `body` with these variables and without others that matter to downloads. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  body: () => Promise<T>,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, cleanEnvironment(variables));
  try {
    return await body();
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** Runs as a user whom permissions bind, which root is not. */
export async function asNobody(body: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await body();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
