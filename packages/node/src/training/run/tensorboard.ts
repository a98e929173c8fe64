/**
 * @file TensorBoard event files: scalars by step, for as long as a run lives.
 *
 *   8 bytes   length n of the event, little-endian
 *   4 bytes   masked CRC-32C of these 8 bytes
 *   n bytes   an Event message
 *   4 bytes   masked CRC-32C of the message
 *
 * The first event names the version of the format. Field numbers are those of tensorboard's
 * compat/proto/event.proto and summary.proto, the framing is that of TensorFlow's
 * core/lib/io/record_writer.cc. TensorBoard reads all event files of a folder as one run and takes
 * a file whose end is missing, so a run that is resumed opens a file of its own.
 */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { encodeMessage } from "@inception-resnet-v2/core/internal/protobuf/encode.js";
import {
  type Message,
  many,
  message,
  one,
  type Written,
} from "@inception-resnet-v2/core/internal/protobuf/schema.js";
import { maskedCrc32c } from "../../weights/formats/tensorflow/crc32c.js";

/** An open event file. */
export interface EventFile {
  readonly path: string;
  /**
   * Writes values of a step by tag, for example `{ "train/loss": 1.5 }`, and resolves when the
   * system has them; `wallTime` is in seconds since 1970, now by default. Values become float32.
   */
  scalars(step: number, values: Readonly<Record<string, number>>, wallTime?: number): Promise<void>;
  /** Waits for what is being written, and closes the file. */
  close(): Promise<void>;
}

/** How to open an event file. */
export interface EventFileOptions {
  /** Time in the file's name and its first event, in seconds since 1970; now. */
  readonly wallTime?: number;
  /** TensorBoard forgets what earlier files of the folder hold of this step and later ones. */
  readonly purgeStep?: number | undefined;
}

/** Opens `events.out.tfevents.<seconds>.<host>.<process>` in a folder, which is made if need be. */
export async function openEvents(
  folder: string,
  { wallTime = now(), purgeStep }: EventFileOptions = {},
): Promise<EventFile> {
  await mkdir(folder, { recursive: true });
  const seconds = String(Math.floor(wallTime)).padStart(10, "0");
  const path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}`);
  const file = await open(path, "a");
  let last = Promise.resolve();
  const append = (event: Event) => {
    const record = encodeRecord(event);
    const written = last.then(() => appendWhole(file, record));
    last = written.catch(() => {}); // whoever awaits `written` learns of it
    return written;
  };
  try {
    await append({ wallTime, fileVersion: "brain.Event:2" });
    if (purgeStep !== undefined) {
      await append({ wallTime, step: purgeStep, sessionLog: { status: sessionStart } });
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    path,
    scalars(step, values, wallTime = now()) {
      const value = Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue }));
      return append({ wallTime, step, summary: { value } });
    },
    async close() {
      await last;
      await file.close();
    },
  };
}

function now(): number {
  return Date.now() / 1000;
}

/** Half a record would hide all that follow it. */
async function appendWhole(file: FileHandle, record: Uint8Array): Promise<void> {
  const { size } = await file.stat();
  try {
    await file.appendFile(record);
  } catch (error) {
    await file.truncate(size);
    throw error;
  }
}

function encodeRecord(event: Event): Uint8Array {
  const bytes = encodeMessage(eventType, event);
  const record = new Uint8Array(bytes.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(bytes, 12);
  view.setUint32(12 + bytes.length, maskedCrc32c(bytes), true);
  return record;
}

const sessionStart = 1;

const scalar = message("Summary.Value", { tag: one("text", 1), simpleValue: one("float", 2) });
const summary = message("Summary", { value: many(scalar, 1) });
const sessionLog = message("SessionLog", { status: one("int", 1) });
const eventType = message("Event", {
  wallTime: one("double", 1),
  step: one("int", 2),
  fileVersion: one("text", 3),
  summary: one(summary, 5),
  sessionLog: one(sessionLog, 7),
});
type Event = Written<Message<typeof eventType>>;
