/**
 * @file `npm run bench [question...]`: the speed and memory that this project claims.
 *
 * Every figure stands beside its peer's, measured in the same run: variants take turns in fresh
 * processes, medians are compared, and the claim is the ratio. Peers in Python need PyTorch and timm;
 * name the interpreter in IRV2_PYTHON. What this machine cannot measure, or only in tens of minutes, is
 * left out and named with the reason.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { classify } from "./classify.js";
import { folder } from "./folder.js";
import { forward } from "./forward.js";
import type { Answer } from "./measure.js";
import { roofline } from "./roofline.js";
import { train, trainFull, trainSmall } from "./train.js";
import { trainData } from "./train-data.js";

/** Undefined is the answer where all of it was left out. */
const questions: Readonly<Record<string, () => Promise<Answer | undefined>>> = {
  forward,
  classify,
  folder,
  train,
  "train-full": trainFull,
  "train-small": trainSmall,
  "train-data": trainData,
  roofline,
};

/** What is asked where nothing is named: each once. */
const usual = ["forward", "classify", "folder", "train", "train-data", "roofline"];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in questions));
if (unknown.length > 0) {
  process.stderr.write(
    `Unknown question "${unknown[0]}": expected one of ${Object.keys(questions).join(", ")}\n`,
  );
  process.exit(2);
}

const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads, Node ${process.version}`;
process.stdout.write(`${machine}\n`);
for (const name of asked.length > 0 ? asked : usual) {
  process.stdout.write(`\n## ${name}\n`);
  const answer = await questions[name]?.().catch((error: Error) => {
    process.stdout.write(`not measured: ${error.message}\n`);
    process.exitCode = 1;
  });
  if (!answer) continue;
  process.stdout.write(`${answer.text}\n`);
  const folderPath = repositoryFile("bench/results");
  mkdirSync(folderPath, { recursive: true });
  const record = { date: new Date().toISOString().slice(0, 10), machine, ...answer.data };
  writeFileSync(`${folderPath}/${name}.json`, `${JSON.stringify(record, null, 2)}\n`);
}
