/**
 * @file What loading weights decided, on standard error, with the flag that decides otherwise.
 */

/** A note with its options spelled as flags: `ema: false` is `--no-ema`. */
export function noteText(note: string): string {
  return note.replace(/\b([a-z]\w*): (true|false)\b/g, (_, option: string, value: string) => {
    const flag = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `--${value === "true" ? "" : "no-"}${flag}`;
  });
}

/** Writes a note as a line. */
export function tellNote(note: string): void {
  process.stderr.write(`${noteText(note)}\n`);
}
