#!/usr/bin/env node
import { runCli } from './run-cli.ts';

// The exit code is only set: what was written to a pipe must get out first.
process.exitCode = await runCli(process.argv.slice(2), process);
