/**
 * @file The thread that owns oneDNN: its engine, and every handle made with it.
 */
import { workerData } from "node:worker_threads";
import type { ExecutorOptions } from "@inception-resnet-v2/core/internal/executors/executor.js";
import { serveEngine } from "../thread/serve.js";
import { OneDnnEngine } from "./engine.js";
import { Runtime } from "./runtime.js";

const { threads, precision } = workerData as ExecutorOptions;

serveEngine(new OneDnnEngine(await Runtime.open(threads), precision === "bf16" ? "bf16" : "f32"));
