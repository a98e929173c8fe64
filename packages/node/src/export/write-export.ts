/**
 * @file Writes weights in memory in the format of another program and checks the file; runs in the calling
 * thread for seconds.
 */
import { foldGammas } from "@inception-resnet-v2/core/internal/graph/passes/fold-gammas.js";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import { imagenetLabels } from "@inception-resnet-v2/core/internal/predictions/imagenet-1k.js";
import {
  requireScheme,
  timmTensors,
  weightParts,
} from "@inception-resnet-v2/core/internal/weights/encode.js";
import { kerasDatasets } from "@inception-resnet-v2/core/internal/weights/sources/keras.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { hdf5Parts } from "../weights/formats/hdf5/write-hdf5.js";
import { torchParts } from "../weights/formats/torch/write-torch.js";
import { writeWeightFolder, writeWeights } from "../weights/write-weights.js";
import type { ExportResult } from "./export.js";
import { type ExportFormat, readAs } from "./formats.js";
import { type ExportedModel, exportOnnx } from "./onnx.js";
import type { ExportRequest } from "./requests.js";
import { checkRoundTrip, type ExportCheck } from "./round-trip.js";
import { exportTfjs } from "./tfjs.js";

/** What stops a piece of work that writes. */
export interface Stopping {
  readonly signal: AbortSignal;
  /** Called before a file gets its name; throws where that is no longer wanted. */
  readonly settle: () => void;
}

/**
 * Writes weights, whose parameters are used up where they are looked at again. Until all is done, the
 * path leads to what was there before; that stays when the signal comes, whose reason is thrown.
 */
export async function writeExport(
  loaded: LoadedWeights,
  { out, format, writing, parity }: Omit<ExportRequest, "kind" | "from" | "loading">,
  { signal, settle }: Stopping,
): Promise<ExportResult> {
  const { parameters } = loaded;
  const model = describe(loaded);
  const written = format === "keras" ? foldGammas(loaded).parameters : parameters;
  let check: ExportCheck | undefined;
  const look = async (beside: string) => {
    const place = { kind: "file", path: beside, name: out } as const;
    if (parity)
      check = await checkRoundTrip(
        place,
        readAs[format],
        { ...loaded, parameters: written },
        signal,
      );
    settle();
  };
  const numbers = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  const tensors = parameters.size;
  if (format === "tfjs") await writeWeightFolder(out, exportTfjs(model), { signal, look });
  else await writeWeights(out, partsOf(format, model, written, writing), { signal, look });
  const { notes } = loaded;
  return { format, tensors, parameters: numbers, notes, ...(check && { check }) };
}

/** The weights with all that is known of their use. */
function describe(loaded: LoadedWeights): LoadedWeights & ExportedModel {
  const classes = loaded.graph.outputs.get("logits")?.shape[1];
  const labels = loaded.labels ?? (classes === imagenetLabels.length ? imagenetLabels : undefined);
  const preprocessing = loaded.preprocessing ?? presets.timm;
  return { ...loaded, ...(labels && { labels }), preprocessing };
}

/** A file, in parts. */
function partsOf(
  format: Exclude<ExportFormat, "tfjs">,
  model: LoadedWeights & ExportedModel,
  parameters: LoadedWeights["parameters"],
  { dtype = "F32", preprocessing, batch }: ExportRequest["writing"],
): Iterable<Uint8Array> {
  switch (format) {
    case "onnx":
      return pieces(
        exportOnnx(model, { preprocessing, batch, dtype: dtype === "F16" ? "F16" : "F32" }),
      );
    case "torch": {
      const { tensors, counters } = timmTensors(parameters, model.network.arch);
      return torchParts(tensors, { counters, dtype });
    }
    case "keras":
      requireScheme(model.network.arch, "keras");
      return hdf5Parts(kerasDatasets(parameters));
    case "timm":
      return weightParts(parameters, {
        naming: "timm",
        dtype,
        metadata: { network: model.network },
      });
    case "safetensors": {
      const { network, labels, preprocessing: pixels, temperature, activation, provenance } = model;
      const metadata = {
        network,
        ...(labels && { labels }),
        preprocessing: pixels,
        ...(temperature !== undefined && { temperature }),
        ...(activation && { activation }),
        ...(provenance && { provenance }),
      };
      return weightParts(parameters, { dtype, metadata });
    }
  }
}

const pieceBytes = 8 * 2 ** 20;

/** Bytes as parts between which writing can end. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
