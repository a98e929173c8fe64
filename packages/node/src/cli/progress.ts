/**
 * @file Progress on stderr: a bar with rate and time left on a terminal; elsewhere nothing, or a line
 * now and then of what takes minutes.
 */

import { formatBytes, formatSeconds } from "@inception-resnet-v2/core/internal/summary/format.js";
import { SingleBar } from "cli-progress";
import { terminal } from "./output.js";

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
    stream: terminal,
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
      if (process.stdout.isTTY) terminal.write("\r\x1b[2K");
      print();
      bar.render();
    },
    stop: () => bar.stop(),
  };
}

/** Bytes that come in. */
export interface ByteProgress {
  /** How many are here, of how many where that is known. */
  update(bytes: number, totalBytes: number | undefined): void;
  stop(): void;
}

/** Seconds between two lines where there is no terminal. */
const lineSeconds = 30;

/** A bar of bytes, or a line each half minute where stderr is no terminal. */
export function createByteProgress(): ByteProgress {
  const rate = byteRate();
  if (!process.stderr.isTTY) {
    let last = performance.now();
    return {
      update(bytes, totalBytes) {
        const measured = rate(bytes, totalBytes);
        if (performance.now() - last < lineSeconds * 1000) return;
        last = performance.now();
        process.stderr.write(`  ${Object.values(measured).join(" · ")}\n`);
      },
      stop() {},
    };
  }
  const bar = new SingleBar({
    stream: terminal,
    clearOnComplete: true,
    hideCursor: true,
    format: "{bar} {done} · {rate} · {left}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
  });
  let isBegun = false;
  return {
    update(bytes, totalBytes) {
      const measured = rate(bytes, totalBytes);
      if (!isBegun) bar.start(totalBytes ?? bytes, bytes, measured);
      isBegun = true;
      bar.setTotal(totalBytes ?? bytes);
      bar.update(bytes, measured);
    },
    stop: () => bar.stop(),
  };
}

/** Measures from the first call on: what was there before did not take this run's time. */
function byteRate(): (
  bytes: number,
  totalBytes: number | undefined,
) => { done: string; rate: string; left: string } {
  let first: { readonly bytes: number; readonly atMs: number } | undefined;
  return (bytes, totalBytes) => {
    first ??= { bytes, atMs: performance.now() };
    const rate = (bytes - first.bytes) / ((performance.now() - first.atMs) / 1000) || 0;
    const left = totalBytes === undefined ? 0 : (totalBytes - bytes) / rate;
    const total = totalBytes === undefined ? "" : ` of ${formatBytes(totalBytes)}`;
    return {
      done: `${formatBytes(bytes)}${total}`,
      rate: `${formatBytes(rate)}/s`,
      left: Number.isFinite(left) ? `${formatSeconds(left)} left` : "? left",
    };
  };
}
