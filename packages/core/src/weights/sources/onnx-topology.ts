/**
 * @file Which convolution of an ONNX file is which of ours, by what it is connected to.
 *
 * Exporters name tensors as they like, fold batch norm or not, and order nodes by their own walk. What
 * stays is the graph of convolutions, pools, concatenations, additions and the classifier. Each
 * convolution gets a signature of everything above it and one of everything below; in this network no
 * two have both in common, so equal signatures are equal convolutions. Everything else (batch norm,
 * ReLU, scales, transposes, dropout) is looked through.
 */
import type { AnyNode, Graph, Value } from "../../graph/ir.js";
import { Uses } from "../../graph/uses.js";
import type { ForeignNode, OnnxFile } from "../formats/onnx.js";

/** A node as both sides have it. */
interface Step {
  /** What it computes, with everything that tells it from others of its kind. */
  readonly kind: string;
  /** The values that it reads, without weights; their order counts in a concatenation alone. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The convolution or classifier that a signature is asked for. */
  readonly key?: string;
}

/** Our name of each convolution and classifier, such as `conv2d_1a`, with the foreign node. */
export function matchByTopology(graph: Graph, file: OnnxFile): ReadonlyMap<string, ForeignNode> {
  const foreign = new Map(file.nodes.map((node, index) => [String(index), node]));
  const nameOf = createNames();
  const theirs = new Map<string, string[]>();
  for (const [key, signature] of signatures(foreignSteps(file), nameOf)) {
    theirs.set(signature, [...(theirs.get(signature) ?? []), key]);
  }
  const found = new Map<string, ForeignNode>();
  for (const [key, signature] of signatures(ourSteps(graph), nameOf)) {
    const [one, ...more] = theirs.get(signature) ?? [];
    const node = one === undefined ? undefined : foreign.get(one);
    if (node && more.length === 0) found.set(key, node);
  }
  return found;
}

function ourSteps(graph: Graph): Step[] {
  const parameters = new Set<Value>(graph.parameters);
  return graph.nodes.map((node) => {
    const inputs = node.inputs.filter((one) => !parameters.has(one)).map(({ name }) => name);
    const outputs = node.outputs.map(({ name }) => name);
    const weight = node.inputs[1]?.name.replace(/\/weight$/, "");
    return { ...ourKind(node, weight), inputs, outputs };
  });
}

function ourKind(node: AnyNode, key: string | undefined): Pick<Step, "kind" | "key"> {
  switch (node.op) {
    case "conv2d": {
      const kernel = node.inputs[1]?.shape.slice(2);
      return { kind: `conv ${kernel} ${node.attributes.stride}`, ...(key && { key }) };
    }
    case "linear":
      return { kind: "linear", ...(key && { key }) };
    case "max_pool":
    case "avg_pool":
      return { kind: `${node.op} ${node.attributes.kernel} ${node.attributes.stride}` };
    case "concat":
    case "add":
    case "global_avg_pool":
      return { kind: node.op };
    default:
      return { kind: "" };
  }
}

function foreignSteps(file: OnnxFile): Step[] {
  return file.nodes.map((node, index) => {
    const inputs = node.inputs.filter((one) => one !== "" && !file.entries.has(one));
    return {
      ...foreignKind(node, file, inputs),
      inputs,
      outputs: node.outputs,
      ...keyOf(node, index),
    };
  });
}

function keyOf({ op }: ForeignNode, index: number): Pick<Step, "key"> {
  return op === "Conv" || op === "Gemm" || op === "MatMul" ? { key: String(index) } : {};
}

function foreignKind(
  { op, inputs, integers }: ForeignNode,
  file: OnnxFile,
  read: readonly string[],
): Pick<Step, "kind"> {
  const stride = integers.get("strides") ?? [1, 1];
  switch (op) {
    case "Conv":
      return { kind: `conv ${file.entries.get(inputs[1] ?? "")?.shape.slice(2)} ${stride}` };
    case "Gemm":
    case "MatMul":
      return { kind: "linear" };
    case "MaxPool":
      return { kind: `max_pool ${integers.get("kernel_shape")} ${stride}` };
    case "AveragePool": // over the whole grid it is the last pool of exporters that know the size
      return {
        kind:
          stride.every((one) => one === 1) && isSmall(integers)
            ? `avg_pool ${integers.get("kernel_shape")} ${stride}`
            : "global_avg_pool",
      };
    case "GlobalAveragePool":
    case "ReduceMean":
      return { kind: "global_avg_pool" };
    case "Concat":
      return { kind: read.length > 1 ? "concat" : "" };
    case "Add":
    case "Sum":
      return { kind: read.length > 1 ? "add" : "" };
    default:
      return { kind: "" };
  }
}

function isSmall(integers: ForeignNode["integers"]): boolean {
  return (integers.get("kernel_shape") ?? []).every((size) => size === 3);
}

/** For each key, a text that two nodes share only if all above and all below them is the same. */
function signatures(
  steps: readonly Step[],
  nameOf: ReturnType<typeof createNames>,
): Map<string, string> {
  const uses = new Uses({ nodes: steps });
  const order = inOrder(steps, uses);
  const above = new Map<Step, string>();
  for (const step of order) {
    const from = step.inputs.map((one) => {
      const maker = uses.maker(one);
      return maker ? (above.get(maker) ?? "cycle") : "image";
    });
    const signature = nameOf(step.kind, step.kind === "concat" ? from : from.toSorted());
    above.set(step, step.kind === "" ? (from[0] ?? "nothing") : signature);
  }
  /** Signatures of what reads a step's results, seen through what changes nothing. */
  const consumers = new Map<Step, ReadonlySet<string>>();
  const below = (step: Step) => nameOf("", [...(consumers.get(step) ?? ["cycle"])].toSorted());
  for (const step of order.toReversed()) {
    const all = step.outputs.flatMap((output) =>
      uses.readers(output).flatMap((reader) => {
        if (reader.kind === "") return [...(consumers.get(reader) ?? [])];
        const places = reader.kind === "concat" ? placesOf(output, reader) : [0];
        return places.map((at) => nameOf(`${reader.kind} ${at}`, [below(reader)]));
      }),
    );
    consumers.set(step, new Set(all));
  }
  const keyed = steps.filter((step) => step.key !== undefined);
  return new Map(
    keyed.map((step) => [step.key ?? "", `${above.get(step) ?? "cycle"} ${below(step)}`]),
  );
}

/** Where a step reads a value. */
function placesOf(value: string, { inputs }: Step): number[] {
  return [...inputs.keys()].filter((at) => inputs[at] === value);
}

/**
 * The steps so that each comes after those whose results it reads. What is on a cycle, which a damaged
 * file may have, and after one is left out. Without recursion: exporters write thousands of nodes in a row.
 */
function inOrder(steps: readonly Step[], uses: Uses<Step>): Step[] {
  const waiting = new Map(
    steps.map((step) => [step, step.inputs.filter((one) => uses.maker(one)).length]),
  );
  const order = steps.filter((step) => waiting.get(step) === 0);
  for (const step of order) {
    for (const reader of step.outputs.flatMap((output) => uses.readers(output))) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) order.push(reader); // the loop comes to it
    }
  }
  return order;
}

/** Gives equal texts the same short name, so that signatures do not grow with the depth of a graph. */
function createNames(): (kind: string, parts: readonly string[]) => string {
  const known = new Map<string, string>();
  return (kind, parts) => {
    const text = `${kind}(${parts.join(",")})`;
    const name = known.get(text) ?? `#${known.size}`;
    known.set(text, name);
    return name;
  };
}

/**
 * Names of tensors and of modules: PyTorch's exporter calls a node of layer1.0.conv1
 * `/layer1/layer1.0/conv1/Conv`.
 */
export function foreignNames({ entries, nodes }: OnnxFile): string[] {
  const modules = nodes.map(({ name }) => {
    const parts = name.split("/").filter((part) => part !== "");
    const inner = parts.filter((part, at) => !parts[at + 1]?.startsWith(`${part}.`));
    return inner.join(".");
  });
  const layers = nodes.flatMap(({ name }) => name.split("/"));
  return [...entries.keys(), ...modules, ...layers];
}
