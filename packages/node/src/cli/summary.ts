/**
 * @file `irv2 summary`: the network as a table, a drawing or data.
 */

import type { ArchitectureName } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { renderHtml } from "@inception-resnet-v2/core/internal/summary/html.js";
import { renderMermaid } from "@inception-resnet-v2/core/internal/summary/mermaid.js";
import {
  type SummaryDepth,
  summarize,
  summaryDepths,
} from "@inception-resnet-v2/core/internal/summary/summary.js";
import { renderSvg } from "@inception-resnet-v2/core/internal/summary/svg.js";
import { renderTable } from "@inception-resnet-v2/core/internal/summary/table.js";
import { Command, Option } from "commander";
import { archOption, inputSize, positiveNumber, wholeNumber } from "./options.js";

interface SummaryFlags {
  readonly depth: SummaryDepth;
  readonly format: "table" | "json" | "mermaid" | "svg" | "html";
  readonly arch?: ArchitectureName;
  readonly inputSize?: number | [number, number];
  readonly classes?: number;
  readonly width?: number;
  readonly aux?: boolean;
  readonly top: boolean;
  readonly pooling?: "avg" | "max" | "none";
  readonly json?: boolean;
}

export function summaryCommand(): Command {
  return new Command("summary")
    .description("print the network: shapes, parameters, multiply-adds, memory, receptive field")
    .addOption(
      new Option("--depth <level>", "level of detail").choices([...summaryDepths]).default("stage"),
    )
    .addOption(
      new Option("--format <format>", "output format")
        .choices(["table", "json", "mermaid", "svg", "html"])
        .default("table"),
    )
    .addOption(archOption())
    .option("--input-size <pixels>", "299, or height x width such as 240x320", inputSize)
    .option("--classes <n>", "number of classes", wholeNumber(1))
    .option("--width <factor>", "multiplies the channels of every convolution", positiveNumber)
    .option("--aux", "with the auxiliary classifier")
    .option("--no-top", "without the classifier")
    .addOption(
      new Option("--pooling <kind>", "pooling of the last feature map").choices([
        "avg",
        "max",
        "none",
      ]),
    )
    .option("--json", "the same as --format json, on one line")
    .addHelpText(
      "after",
      `
Examples:
  irv2 summary
  irv2 summary --depth block --input-size 512
  irv2 summary --arch inception_v4
  irv2 summary --format html > network.html
  irv2 summary --width 0.25 --classes 10 --json`,
    )
    .action(summary);
}

function summary(flags: SummaryFlags): void {
  const graph = lower(configureNetwork({ ...flags, auxiliary: flags.aux }));
  const data = summarize(graph, { depth: flags.depth });
  const format = flags.json ? "json" : flags.format;
  const text = {
    table: () => renderTable(data),
    json: () => JSON.stringify(data, null, flags.json ? 0 : 2),
    mermaid: () => renderMermaid(data),
    svg: () => renderSvg(graph, data),
    html: () => renderHtml(graph, data),
  }[format]();
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}
