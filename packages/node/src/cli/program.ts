/**
 * @file The command line, `irv2 <verb>`: each verb is one file, and this one joins them.
 */
import { Command } from "commander";
import { announceWasm } from "./announce-wasm.js";
import { benchmarkCommand } from "./benchmark.js";
import { calibrateCommand } from "./calibrate.js";
import { classifyCommand } from "./classify.js";
import { doctorCommand } from "./doctor.js";
import { embedCommand } from "./embed.js";
import { evaluateCommand } from "./evaluate.js";
import { exportCommand } from "./export.js";
import { importCommand } from "./import.js";
import { lrFindCommand } from "./lr-find.js";
import { packageVersion } from "./package-version.js";
import { planCommand } from "./plan.js";
import { pullCommand } from "./pull.js";
import { refuseRenamedFlags } from "./renamed-flags.js";
import { summaryCommand } from "./summary.js";
import { trainCommand } from "./train.js";
import { announceUnused } from "./unused-flags.js";

/** All of it, ready to parse arguments; it throws instead of ending the process. */
export function createProgram(): Command {
  const program = new Command("irv2")
    .description("Inception-ResNet-v2: classify, train, evaluate, inspect, measure")
    .version(packageVersion(), "-V, --version", "print the version")
    .showHelpAfterError("(irv2 --help lists the verbs; irv2 <verb> --help their options)")
    .showSuggestionAfterError(true)
    .helpOption("-h, --help", "show help")
    .hook("preAction", (_program, verb) => announceUnused(verb))
    .hook("preAction", (_program, verb) => announceWasm(verb));
  const verbs = [
    classifyCommand(),
    embedCommand(),
    trainCommand(),
    evaluateCommand(),
    calibrateCommand(),
    importCommand(),
    exportCommand(),
    lrFindCommand(),
    planCommand(),
    pullCommand(),
    summaryCommand(),
    benchmarkCommand(),
    doctorCommand(),
  ];
  for (const verb of verbs) {
    verb.option("--debug", "print the stack trace and causes of errors");
    refuseRenamedFlags(verb);
    program.addCommand(verb.copyInheritedSettings(program));
  }
  for (const command of [program, ...verbs]) command.exitOverride();
  return program;
}
