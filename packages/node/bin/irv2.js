#!/usr/bin/env node
/**
 * @file What npm links as `irv2`. It is a source, for npm links no file that is yet to be built.
 */
import "../dist/cli/main.js";
