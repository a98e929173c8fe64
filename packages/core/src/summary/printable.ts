/**
 * @file Texts from outside (names of classes and files, metadata) as a terminal may get them: without
 * what moves its cursor, colors it or turns the direction of writing around.
 *
 * Escapes are those of JSON, so that a line of JSON keeps its value.
 */

/** C0 but tab and line feed, delete, C1, and Unicode's line ends and marks of direction. */
const controls = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text of lines without other control characters. */
export function printable(text: string): string {
  return text.replace(controls, escapeOf);
}

/** A text within a line. */
export function oneLine(text: string): string {
  return printable(text.replace(/[\n\t]/g, escapeOf));
}

function escapeOf(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
