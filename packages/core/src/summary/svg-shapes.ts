/**
 * @file The few shapes that the drawing is made of, and their colours in light and dark.
 */

/** A place on the page, in pixels from the top left corner. */
export type Point = readonly [x: number, y: number];

/** Colours of the boxes: a stage, a convolution, a pooling, and what joins branches. */
export type BoxKind = "stage" | "conv" | "pool" | "join";

/** `flow` ends in an arrow, `wire` does not, `link` is dashed. */
export type LineKind = "flow" | "wire" | "link";

/** A rectangle with round corners. */
export function box(
  kind: BoxKind,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): string {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>`;
}

/** Text centred on a point of its baseline; what comes `after` is smaller. */
export function label([x, y]: Point, kind: "name" | "small", text: string, after = ""): string {
  const rest = after === "" ? "" : ` <tspan class="small">${escapeText(after)}</tspan>`;
  return `<text class="${kind}" x="${x}" y="${y}">${escapeText(text)}${rest}</text>`;
}

/** A line through points. */
export function line(kind: LineKind, ...points: readonly Point[]): string {
  const tip = kind === "flow" ? ' marker-end="url(#irv2-tip)"' : "";
  return `<path class="${kind}" d="M${points.map(([x, y]) => `${x} ${y}`).join("L")}"${tip}/>`;
}

/** Text that may stand between tags or in an attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** The style sheet, and the tip of arrows. Everything is held to `.irv2`, as pages inline it. */
export const definitions = `<style>
.irv2 text{font:13px system-ui,sans-serif;fill:#1d2733;text-anchor:middle}
.irv2 .small{font-size:11px;font-weight:400;fill:#4d5866}.irv2 .name{font-weight:600}
.irv2 .page{fill:#fff}.irv2 .stage{fill:#eef3fa;stroke:#7d95b5}.irv2 .conv{fill:#e3efe4;stroke:#7fa685}
.irv2 .pool{fill:#fbeedd;stroke:#c79a5b}.irv2 .join{fill:#ece7f6;stroke:#9a86c4}
.irv2 .flow,.irv2 .wire,.irv2 .link{fill:none;stroke:#7a8694}.irv2 .link{stroke-dasharray:3 4}
.irv2 .tip{fill:#7a8694}
@media (prefers-color-scheme:dark){.irv2 text{fill:#e6ebf2}.irv2 .small{fill:#b4bfcc}
.irv2 .page{fill:#161b22}.irv2 .stage{fill:#202c3d}.irv2 .conv{fill:#1f3324}
.irv2 .pool{fill:#3a2d1a}.irv2 .join{fill:#2c2540}}
</style>
<defs><marker id="irv2-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" class="tip"/></marker></defs>`;
