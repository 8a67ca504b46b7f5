#!/usr/bin/env node
/** `waitbus-conformance`: the kit on the command line. Exit: 0 conforms, 1 does not, 2 could not run. */
import { parseArgs } from 'node:util';
import { stringifyJson } from '../envelope/index.js';
import { checkConformance } from './check-conformance.js';
import { messageOf } from './failure.js';
import { print, say, whenPrinted } from './print.js';
import { CHECK_IDS, lineOf, summaryOf, type CheckId } from './report.js';

const HELP = `usage: waitbus-conformance [DIR] [--json] [--only ID,ID] [--waitbus PATH]

Checks a source package, built, against the contract of waitbus: it is started in processes of its
own, made to emit, held back, killed, and installed into a temporary waitbus. A module
waitbus.conformance.mjs in the package tells how to configure it and make it emit.

  --json          the report as one JSON document
  --only ID,ID    only these checks: ${CHECK_IDS.join(' ')}
  --waitbus PATH  the waitbus command (default: node_modules/.bin/waitbus, then PATH)

exit codes: 0 it conforms, 1 it does not, 2 it could not be checked

example
  npm run build && npx waitbus-conformance`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      only: { type: 'string' },
      waitbus: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    print(HELP);
    return 0;
  }
  const report = await checkConformance({
    directory: positionals[0] ?? '.',
    ...(values.only === undefined ? {} : { only: idsOf(values.only) }),
    ...(values.waitbus === undefined ? {} : { waitbus: values.waitbus }),
    onResult: (result) => {
      if (values.json !== true) print(lineOf(result));
    },
  });
  print(values.json === true ? stringifyJson(report) : summaryOf(report));
  return report.ok ? 0 : 1;
}

function idsOf(text: string): CheckId[] {
  return text.split(',').map((id) => {
    const known = CHECK_IDS.find((one) => one === id);
    if (known === undefined) {
      throw new Error(`--only: there is no check ${id}; there are ${CHECK_IDS.join(', ')}`);
    }
    return known;
  });
}

main().then(
  // The author's scenario may have left something that would keep the process.
  (code) => whenPrinted(() => process.exit(code)),
  (error: unknown) => {
    say(`waitbus-conformance: ${messageOf(error)}`);
    process.exit(2);
  },
);
