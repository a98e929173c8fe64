/**
 * @file Folders elsewhere, in which the packed packages are installed as a user would.
 */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What came of `npm install`: undefined, or why there was nothing to install from. */
export type NoRegistry = string | undefined;

/** npm's environment in a folder of its own: none of the settings of this run of the tests. */
export function ownEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/onnxruntime/i.test(name));
  return { ...Object.fromEntries(inherited), ...more };
}

/** Makes a project in an empty folder. */
export async function makeProject(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/package.json`, '{"private": true, "type": "module"}');
}

/** Runs `npm install`; gives a reason to skip where no registry can be reached. */
export async function npmInstall(
  folder: string,
  packages: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<NoRegistry> {
  const args = ["install", "--no-audit", "--no-fund", ...packages];
  try {
    await run("npm", args, { cwd: folder, env: ownEnvironment(env) });
    return undefined;
  } catch (error) {
    const text = (error as { stderr?: string }).stderr ?? String(error);
    if (!/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|network/i.test(text)) throw error;
    return "no package registry can be reached";
  }
}
