/**
 * @file Paths whose bytes are no UTF-8, as old archives leave them on Linux, as texts.
 *
 * As in Python (PEP 383), a byte that belongs to no character becomes the lone surrogate U+DC00 plus
 * the byte, which no valid text has; it becomes the byte again where the system is asked.
 */
const escaped = /[\udc80-\udcff]/u;

/** The text of a name that the system gave. */
export function textOfName(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  if (Buffer.from(text, "utf8").equals(bytes)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join(
    "",
  );
}

/** What the system is to be asked for. */
export function systemPath(path: string): string | Buffer {
  if (!escaped.test(path)) return path;
  const parts = Array.from(path, (letter) =>
    escaped.test(letter) ? Buffer.of(letter.charCodeAt(0) - 0xdc00) : Buffer.from(letter, "utf8"),
  );
  return Buffer.concat(parts);
}

/** A path as people read it: such bytes are taken for Latin-1, which they mostly are. */
export function readablePath(path: string): string {
  return path.replace(new RegExp(escaped, "gu"), (letter) =>
    String.fromCharCode(letter.charCodeAt(0) - 0xdc00),
  );
}
