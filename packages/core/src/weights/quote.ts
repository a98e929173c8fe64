/**
 * @file Names and values of files inside messages: always one line, never long, whatever they hold.
 */

const longest = 80;

/** A value of a file as JSON, cut where it is long. */
export function quote(value: unknown): string {
  const text = toJson(value);
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

/** Up to three names in quotes, and how many more there are. */
export function quoteSome(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(quote).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "nothing";
  } catch {
    return "something nested too deep to show"; // JSON.stringify recurses, JSON.parse does not
  }
}
