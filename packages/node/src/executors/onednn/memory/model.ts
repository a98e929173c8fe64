/**
 * @file How much memory a training step takes on oneDNN.
 *
 * It plans one arena: 1220 MB where 1424 MB are alive in the full network (299 px, batch 8), 346 where
 * 342 are in a small one (width 0.35, 139 px, batch 32). Lines through these peaks are 13 % above the
 * first and none above the second. bf16 takes half of it, which is left as a margin.
 */
import type { MemoryModel } from "@inception-resnet-v2/core/internal/executors/executor.js";

/** Memory of oneDNN. */
export const memory: MemoryModel = {
  processBytes: 150e6,
  ofLive: 0.8,
  ofLargest: 5.4,
  ofWeights: 1.1,
  workspaceBytes: () => 0,
};
