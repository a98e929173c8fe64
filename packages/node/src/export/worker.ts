/**
 * @file The thread in which weights are exported and imported.
 */
import { takeWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { type Call, serveCall } from "../thread/serve.js";
import { openWeights } from "../weights/open.js";
import { nameClasses } from "./name-classes.js";
import { readImport } from "./read-import.js";
import type { ExportRequest, ImportRequest } from "./requests.js";
import { writeExport } from "./write-export.js";

serveCall(async (request: ExportRequest | ImportRequest, { report, signal, tidily }: Call) => {
  const open = (place: ImportRequest["place"], format = request.loading.format) =>
    openWeights(place, format, { onProgress: report });
  if (request.kind === "import") {
    const opened = await open(request.place);
    const taking = { ...request.loading, dropBackground: "unnamed" } as const;
    const loaded = nameClasses(takeWeights(opened, request.place.name, taking), request.labels);
    return {
      result: await tidily((settle) => readImport(opened, loaded, request, { signal, settle })),
    };
  }
  const { from, loading } = request;
  const found =
    "loaded" in from ? from.loaded : takeWeights(await open(from.place), from.place.name, loading);
  const loaded = nameClasses(found, request.labels);
  return { result: await tidily((settle) => writeExport(loaded, request, { signal, settle })) };
});
