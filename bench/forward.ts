/**
 * @file How fast is one forward pass? Ours, ONNX Runtime on timm's own export, PyTorch.
 *
 * Claims: at most 1.0 of ONNX Runtime on the graph that torch.onnx exports from timm, at most 0.85
 * of PyTorch's best of eager, channels_last and jit.freeze; fp32, batch 1 and 8, two threads.
 */
import { repositoryFile } from "../test/helpers/paths.js";
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

const rounds = 3;

export async function forward(): Promise<Answer> {
  const { weights, onnx } = timmFiles();
  const rows = [["variant", "batch", "ms an image", "ours is ... of it"]];
  const data: Record<string, unknown> = {};
  for (const batch of [1, 8]) {
    const variants: Variant[] = [
      node("ours", "forward-ours.js", weights, batch),
      node("onnxruntime-node on timm's export", "forward-onnx.js", onnx, batch),
    ];
    if (python) {
      for (const mode of ["eager", "channels_last", "jit_freeze"]) {
        const file = repositoryFile("bench/python/forward_torch.py");
        const command = [python, file, mode, String(batch), String(threads)] as const;
        variants.push({ name: `PyTorch ${mode}`, command: [...command] });
      }
    }
    const runs = await inTurn(variants, rounds);
    const times = new Map(
      [...runs].map(([name, list]) => [name, list.map((one) => Number(one.output))]),
    );
    const ours = times.get("ours") ?? [];
    for (const [name, list] of times) {
      const ratio = medianRatio(ours, list);
      rows.push([name, String(batch), median(list).toFixed(1), ratio.toFixed(3)]);
      data[`${name}, batch ${batch}`] = { msAnImage: list, oursRatio: ratio };
    }
  }
  return { text: formatTable(rows), data };
}

function node(name: string, file: string, model: string, batch: number): Variant {
  return {
    name,
    command: [process.execPath, script(file), model, String(batch), String(threads)],
  };
}
