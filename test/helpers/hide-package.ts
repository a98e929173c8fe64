/**
 * @file A process for which one package is not installed: Node's own resolver fails on its name.
 */

/** The environment in which importing `name` fails as if the package were not there. */
export function withoutPackage(name: string): Record<string, string> {
  const hooks = `export const resolve = (specifier, context, next) =>
    next(specifier === ${JSON.stringify(name)} ? "hidden-${name}" : specifier, context);`;
  const start = `import { register } from "node:module";
    register(${JSON.stringify(moduleUrl(hooks))});`;
  return { NODE_OPTIONS: `--import=${moduleUrl(start)}` };
}

function moduleUrl(code: string): string {
  return `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
}
