/**
 * @file How fast is one forward pass? Ours on each engine, ONNX Runtime on timm's own export, PyTorch.
 *
 * Claims, batch 1 and 8, two threads: onnxruntime at most 1.0 of ONNX Runtime on the graph that
 * torch.onnx exports from timm, and 0.85 of PyTorch's best in fp32; onednn in fp32 at most 0.95 of
 * our onnxruntime, in bf16 at most 0.52 of it, and at most 0.8 of PyTorch's best in bf16.
 */
import { noBf16, noFastOneDnn } from "@inception-resnet-v2/test/helpers/engines.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import {
  type Answer,
  type Candidate,
  formatRatio,
  formatTable,
  inTurn,
  measurable,
  median,
  medianRatio,
  noPython,
  python,
  roundsOr,
  script,
  threads,
  timmFiles,
  type Variant,
} from "./measure.js";

const rounds = roundsOr(3);

/** A variant at any batch. */
interface Batched extends Candidate {
  readonly command: (batch: number) => Variant["command"];
}

const peers = [
  { mode: "eager", skip: noPython },
  { mode: "channels_last", skip: noPython },
  { mode: "jit_freeze", skip: noPython },
  { mode: "channels_last_bf16", skip: noPython || noBf16 },
  { mode: "autocast_bf16", skip: noPython || noBf16 },
];

export async function forward(): Promise<Answer> {
  const { weights, onnx } = timmFiles();
  const ours = measurable([
    node("onednn bf16", noBf16, "forward-ours.js", weights, "onednn", "bf16"),
    node("onednn fp32", noFastOneDnn, "forward-ours.js", weights, "onednn", "fp32"),
    node("onnxruntime", false, "forward-ours.js", weights, "onnxruntime", "fp32"),
  ]);
  const all = [
    ...ours,
    node("onnxruntime-node on timm's export", false, "forward-onnx.js", onnx),
    ...measurable(peers.map(({ mode, skip }) => pyTorch(mode, skip))),
  ];
  // ours are a column of ratios each
  const rows = [["variant", "batch", "ms per image", ...ours.map(({ name }) => `${name} is`)]];
  const data: Record<string, unknown> = {};
  for (const batch of [1, 8]) {
    const variants = all.map(({ name, command }) => ({ name, command: command(batch) }));
    const runs = await inTurn(variants, rounds, { warmUp: false });
    const times = new Map(
      [...runs].map(([name, list]) => [name, list.map((one) => Number(one.output))]),
    );
    for (const [name, list] of times) {
      const ratios = ours.map((one) => medianRatio(times.get(one.name) ?? [], list));
      rows.push([name, String(batch), median(list).toFixed(1), ...ratios.map(formatRatio)]);
      const oursRatio = Object.fromEntries(ours.map(({ name: own }, at) => [own, ratios[at]]));
      data[`${name}, batch ${batch}`] = { msAnImage: list, oursRatio };
    }
  }
  return { text: formatTable(rows), data };
}

function node(
  name: string,
  skip: string | false,
  file: string,
  model: string,
  ...more: readonly string[]
): Batched {
  return {
    name,
    skip,
    command: (batch) => {
      return [process.execPath, script(file), model, String(batch), String(threads), ...more];
    },
  };
}

function pyTorch(mode: string, skip: string | false): Batched {
  const file = repositoryFile("bench/python/forward_torch.py");
  return {
    name: `PyTorch ${mode}`,
    skip,
    command: (batch) => [python, file, mode, String(batch), String(threads)],
  };
}
