/**
 * @file How fast is one forward pass? Ours on each engine, ONNX Runtime on timm's own export, PyTorch.
 *
 * Claims, batch 1 and 8, two threads: onnxruntime at most 1.0 of ONNX Runtime on the graph that
 * torch.onnx exports from timm, and 0.85 of PyTorch's best in fp32; onednn in fp32 at most 0.95 of
 * our onnxruntime, in bf16 at most 0.52 of it, and at most 0.8 of PyTorch's best in bf16.
 */
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import {
  type Answer,
  formatTable,
  inTurn,
  median,
  medianRatio,
  python,
  script,
  threads,
  timmFiles,
  type Variant,
} from "./measure.js";

const rounds = Number(process.env["IRV2_BENCH_ROUNDS"] ?? 3);

/** Ours, each a column of ratios. */
const ours = [
  { name: "onednn bf16", engine: "onednn", precision: "bf16" },
  { name: "onednn fp32", engine: "onednn", precision: "fp32" },
  { name: "onnxruntime", engine: "onnxruntime", precision: "fp32" },
] as const;

const peers = ["eager", "channels_last", "jit_freeze", "channels_last_bf16", "autocast_bf16"];

export async function forward(): Promise<Answer> {
  const { weights, onnx } = timmFiles();
  const rows = [["variant", "batch", "ms an image", ...ours.map(({ name }) => `${name} is`)]];
  const data: Record<string, unknown> = {};
  for (const batch of [1, 8]) {
    const variants: Variant[] = [
      ...ours.map(({ name, engine, precision }) =>
        node(name, "forward-ours.js", weights, batch, engine, precision),
      ),
      node("onnxruntime-node on timm's export", "forward-onnx.js", onnx, batch),
    ];
    if (python) {
      for (const mode of peers) {
        const file = repositoryFile("bench/python/forward_torch.py");
        const command = [python, file, mode, String(batch), String(threads)] as const;
        variants.push({ name: `PyTorch ${mode}`, command: [...command] });
      }
    }
    const runs = await inTurn(variants, rounds, { warmUp: false });
    const times = new Map(
      [...runs].map(([name, list]) => [name, list.map((one) => Number(one.output))]),
    );
    for (const [name, list] of times) {
      const ratios = ours.map((one) => medianRatio(times.get(one.name) ?? [], list));
      const shown = ratios.map((ratio) => ratio.toFixed(3));
      rows.push([name, String(batch), median(list).toFixed(1), ...shown]);
      const oursRatio = Object.fromEntries(ours.map(({ name: own }, at) => [own, ratios[at]]));
      data[`${name}, batch ${batch}`] = { msAnImage: list, oursRatio };
    }
  }
  return { text: formatTable(rows), data };
}

function node(
  name: string,
  file: string,
  model: string,
  batch: number,
  ...more: readonly string[]
): Variant {
  const command = [process.execPath, script(file), model, String(batch), String(threads)] as const;
  return { name, command: [...command, ...more] };
}
