/**
 * @file TensorFlow's checkpoints of the first kind (`SaverDef.V1`), of which slim's released `.ckpt`
 * is one: a single table (`tf-table.ts`) of SavedTensorSlices messages.
 *
 *   key ""        the list of tensors: name, shape, type, slices
 *   other keys    one slice each (`tf-slices.ts`): its elements as a TensorProto
 *
 * Numbers of fields are those of tensorflow/core/util/saved_tensor_slice.proto. A saver that shards
 * writes several such files (`model.ckpt-00000-of-00002`), each with the slices of one machine.
 */
import { type Shape, sameShape, sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  type Failure,
  readingFailure,
} from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import type { TensorFile } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { ProtobufMessage } from "../protobuf-fields.js";
import { readTfShape, readTfSlices, type TfSlice } from "./tf-slices.js";
import { readTfTable, type TfTable } from "./tf-table.js";
import { type TfTensor, tfName, tfTensorFile } from "./tf-tensors.js";
import { protoValues, type TfValues, tfTypeName } from "./tf-values.js";

/** What the lists of all files say of one tensor. */
interface Listed {
  readonly dtype: string;
  readonly shape: Shape;
  readonly slices: Uint8Array[];
}

/**
 * Checks a whole checkpoint, of one file or of all its shards; `name` is how messages call it.
 * Tensors are views of the bytes where these are aligned float32. Throws `ModelError`.
 */
export function readTfCheckpoint(
  files: Uint8Array | readonly Uint8Array[],
  name: string,
): TensorFile {
  const failure = readingFailure(name);
  const listed = new Map<string, Listed>();
  const records = new Map<string, Uint8Array>();
  for (const file of files instanceof Uint8Array ? [files] : files) {
    const table = readTfTable(file, failure);
    listTensors(table, listed, failure);
    for (const [key, record] of table) records.set(key, record);
  }
  const tensors = [...listed].map(([tensor, { dtype, shape, slices }]): [string, TfTensor] => {
    const parts = readTfSlices(slices, { name: tensor, shape }, failure).map((slice) => ({
      slice,
      values: readSlice(records, tensor, dtype, slice, failure),
    }));
    return [tensor, { dtype, shape, parts }];
  });
  return tfTensorFile(new Map(tensors), failure);
}

/** Whether a table is one of these, and not the index of a bundle. */
function isCheckpoint(header: Uint8Array): boolean {
  return header[0] === ((1 << 3) | 2); // field 1 is a message here, the number of shards there
}

function listTensors(table: TfTable, listed: Map<string, Listed>, failure: Failure): void {
  const header = table.get("");
  if (!header || !isCheckpoint(header)) {
    const found = header ? "the index of a bundle, or another table" : "a table without it";
    throw failure(
      "WEIGHTS_FORMAT",
      `expected a table that begins with a list of slices, got ${found}`,
    );
  }
  const what = "the list of tensors";
  const list = new ProtobufMessage(header, what, failure).bytes(1) ?? new Uint8Array();
  for (const entry of new ProtobufMessage(list, what, failure).allBytes(1)) {
    const fields = new ProtobufMessage(entry, what, failure);
    const name = tfName(fields.bytes(1) ?? new Uint8Array(), failure);
    const dtype = tfTypeName(fields.number(3));
    const shape = readTfShape(fields.bytes(2), name, failure);
    const known = listed.get(name) ?? { dtype, shape, slices: [] };
    if (known.dtype !== dtype || !sameShape(known.shape, shape)) {
      throw failure("WEIGHTS_FORMAT", `expected one type and shape of ${quote(name)}, got two`);
    }
    for (const slice of fields.allBytes(4)) known.slices.push(slice);
    listed.set(name, known);
  }
}

function readSlice(
  records: ReadonlyMap<string, Uint8Array>,
  name: string,
  dtype: string,
  { lengths, key }: TfSlice,
  failure: Failure,
): TfValues {
  const what = quote(name);
  const record = records.get(key);
  if (!record) throw failure("WEIGHTS_INCOMPLETE", `expected the elements of ${what}, got none`);
  const data = new ProtobufMessage(record, what, failure).bytes(2) ?? new Uint8Array();
  const tensor = new ProtobufMessage(data, what, failure).bytes(3) ?? new Uint8Array();
  return protoValues(tensor, { dtype, count: sizeOf(lengths), what }, failure);
}
