#!/usr/bin/env node
/** `npm create waitbus-source NAME`. */
import { runCreate } from './run-create.js';

const USAGE_EXIT = 2;

process.exitCode = runCreate(
  process.argv.slice(2),
  {
    print: (line) => void process.stdout.write(`${line}\n`),
    say: (line) => void process.stderr.write(`${line}\n`),
  },
  { command: 'npm create waitbus-source', usageExit: USAGE_EXIT },
);
