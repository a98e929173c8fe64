/**
 * @file Python's pickles, read as data: nothing in them is ever run or looked up.
 *
 * A pickle is a program for a stack machine with a memo. This one knows the opcodes of protocols 0
 * to 5 that need nothing from outside (Python's Lib/pickletools.py defines them). A global is a key
 * of the caller's closed table and nothing else; one that is not there ends the reading at once,
 * before anything can be called with it.
 *
 * Tuples and lists become arrays, dictionaries `Map`, sets `Set`, integers numbers, or bigints where
 * those would not be exact. The state that BUILD gives to an object is dropped: attributes of
 * Python objects hold no weights. Memory is bounded by limits on bytes and opcodes.
 */
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { PickleMachine, type PickleRules } from "./pickle-machine.js";
import { opcodes } from "./pickle-opcodes.js";

/** Most opcodes of one pickle; a training checkpoint of this network has some 100,000. */
const opcodesLimit = 500_000;
const stop = ".".charCodeAt(0);

/** Reads one pickle that begins at byte `from`. Throws what `failure` makes. */
export function readPickle(
  bytes: Uint8Array,
  from: number,
  rules: PickleRules,
  failure: Failure,
): { readonly value: unknown; readonly end: number } {
  const machine = new PickleMachine(bytes, from, rules, failure);
  for (let count = 0; count < opcodesLimit; count++) {
    const { at } = machine;
    const code = machine.byte();
    if (code === stop) return { value: machine.pop(), end: machine.at };
    const run = opcodes[code];
    if (!run) throw machine.failure(`expected an opcode at byte ${at}, got ${code}`);
    run(machine);
  }
  throw machine.failure(`expected at most ${opcodesLimit} opcodes, got more`);
}
