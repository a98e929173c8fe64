/**
 * @file Progress on stderr: a bar with rate and time left on a terminal, nothing elsewhere.
 */
import { SingleBar } from "cli-progress";

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

/** Seconds as `42 s`, `3 min 05 s` or `2 h 07 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two((whole % 3600) / 60)} min`;
}
