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
import protobuf from "protobufjs/light.js";
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
  const append = (event: Readonly<Record<string, unknown>>) => {
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

function encodeRecord(event: Readonly<Record<string, unknown>>): Uint8Array {
  const type = schema.lookupType("tensorboard.Event");
  const message = type.encode(type.fromObject(event)).finish();
  const record = new Uint8Array(message.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(message, 12);
  view.setUint32(12 + message.length, maskedCrc32c(message), true);
  return record;
}

const sessionStart = 1;

const one = (type: string, id: number) => ({ type, id });

const schema = protobuf.Root.fromJSON({
  nested: {
    tensorboard: {
      nested: {
        Event: {
          fields: {
            wallTime: one("double", 1),
            step: one("int64", 2),
            fileVersion: one("string", 3),
            summary: one("Summary", 5),
            sessionLog: one("SessionLog", 7),
          },
        },
        Summary: { fields: { value: { rule: "repeated", type: "Value", id: 1 } } },
        Value: { fields: { tag: one("string", 1), simpleValue: one("float", 2) } },
        SessionLog: { fields: { status: one("int32", 1) } },
      },
    },
  },
});
