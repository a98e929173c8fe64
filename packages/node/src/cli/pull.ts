/**
 * @file `irv2 pull`: published weights by name, into the caches that Python's tools share.
 */

import { formatBytes } from "@inception-resnet-v2/core/internal/summary/format.js";
import { published } from "@inception-resnet-v2/core/internal/weights/published.js";
import { Command } from "commander";
import { pull } from "../weights/pull.js";
import { listenForInterruption } from "./interruption.js";
import { createByteProgress } from "./progress.js";

export function pullCommand(): Command {
  return new Command("pull")
    .description(
      "download published weights unless they are cached, and print the path of the file",
    )
    .argument("<name>", "a name below, or owner/name[@revision] of the Hugging Face hub")
    .option("--json", "print JSON on stdout: name and path")
    .addHelpText(
      "after",
      `
Names:
${namesText()}

A repository of the hub gives its model.safetensors or pytorch_model.bin. What Python has
downloaded is found, and Python finds what this downloads: in the hub's cache, and for
keras, keras-notop and slim in ~/.keras/models. An interrupted download is resumed, and
every file is checked by its hash.

Environment:
  HF_HOME, HF_HUB_CACHE, KERAS_HOME     where the caches are
  HF_TOKEN                              access token of private repositories; by default the one
                                        that "hf auth login" stored
  HF_ENDPOINT                           another hub
  HF_HUB_OFFLINE=1                      do not ask the hub
  HF_HUB_DOWNLOAD_TIMEOUT               seconds to wait for the next bytes (30)
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY     proxies
  IRV2_MIRROR                           where keras, keras-notop and slim come from: stands in
                                        for https://host of their addresses, the path stays

Examples:
  irv2 pull imagenet
  irv2 classify photo.jpg --weights "$(irv2 pull imagenet)"
  irv2 pull timm/inception_resnet_v2.tf_ens_adv_in1k@main --json
  IRV2_MIRROR=http://files.example irv2 pull keras`,
    )
    .action(run);
}

function namesText(): string {
  return Object.entries(published)
    .map(([name, { description }]) => `  ${name.padEnd(13)}${description}`)
    .join("\n");
}

async function run(name: string, { json }: { json?: boolean }): Promise<void> {
  using interruption = listenForInterruption();
  const { signal } = interruption;
  const progress = createByteProgress();
  let here = 0;
  const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes: number | undefined }) => {
    here = bytes;
    progress.update(bytes, totalBytes);
  };
  try {
    const path = await pull(name, { onProgress, signal });
    progress.stop();
    process.stdout.write(json ? `${JSON.stringify({ name, path })}\n` : `${path}\n`);
  } catch (error) {
    progress.stop();
    if (signal.aborted && here > 0) {
      process.stderr.write(`\nStopped after ${formatBytes(here)}; irv2 pull ${name} resumes.\n`);
    }
    throw error;
  }
}
