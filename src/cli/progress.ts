/**
 * @file Progress on stderr: a bar with rate and time left on a terminal, nothing elsewhere.
 */
import { SingleBar } from "cli-progress";
import { formatSeconds } from "../summary/format.js";

/** Something that counts up to a total. */
export interface Progress {
  /** One more is done. */
  step(): void;
  /** Runs `print` with the bar out of the way, so that lines on stdout stay whole. */
  aside(print: () => void): void;
  stop(): void;
}

/** A bar for `total` steps; silent for a single step or where stderr is no terminal. */
export function createProgress(total: number, unit: string): Progress {
  if (total < 2 || !process.stderr.isTTY) {
    return { step() {}, aside: (print) => print(), stop() {} };
  }
  const started = performance.now();
  const bar = new SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    format: `{bar} {value}/{total} ${unit} · {rate} ${unit}/s · {left} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
  });
  let done = 0;
  const payload = () => {
    const rate = done / ((performance.now() - started) / 1000);
    return { rate: rate.toFixed(1), left: done === 0 ? "?" : formatSeconds((total - done) / rate) };
  };
  bar.start(total, 0, payload());
  return {
    step() {
      done++;
      bar.update(done, payload());
    },
    aside(print) {
      if (process.stdout.isTTY) process.stderr.write("\r\x1b[2K");
      print();
      bar.render();
    },
    stop: () => bar.stop(),
  };
}
