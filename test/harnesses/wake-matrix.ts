/**
 * `node --import tsx test/harnesses/wake-matrix.ts`: goes the whole way with each harness in the cache and
 * writes what was seen to docs/wake-matrix.md. What did not work is written as such.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { REPO } from '../support/sandbox.js';
import { programOf } from './cache.js';
import { goWholeWay, type Way } from './end-of-turn.js';
import { REAL_HARNESSES, VERSIONS, type RealHarness } from './versions.js';

const rows: string[] = [];
for (const name of REAL_HARNESSES) {
  const way = programOf(name) === null ? null : await goWholeWay(name, name !== 'opencode');
  rows.push(rowOf(name, way));
  process.stderr.write(`${rows.at(-1)}\n`);
}
writeFileSync(join(REPO, 'docs', 'wake-matrix.md'), page(rows));

function rowOf(name: RealHarness, way: Way | null): string {
  const { version } = VERSIONS[name];
  if (way === null) return `| ${name} | ${version} | not in the cache |  |  |  |`;
  const heard = [...new Set(way.told)].join(', ') || 'nothing';
  const waits =
    way.waited === null
      ? 'the model was not offered the tool'
      : /matched/.test(way.waited)
        ? 'works'
        : 'did not work';
  const woken = name === 'opencode' ? 'not tried: `opencode run` ends with its turn' : wokenBy(way);
  const latency = way.latencyMs === null ? '' : `${Math.round(way.latencyMs)} ms`;
  return `| ${name} | ${version} | ${heard} | ${waits} | ${woken} | ${latency} |`;
}

function wokenBy({ wakes }: Way): string {
  return wakes === 0 ? 'not woken' : wakes === 1 ? 'woken, once' : `woken ${wakes} times`;
}

function page(table: readonly string[]): string {
  const cores = cpus().length;
  return `# How the harnesses are woken

Seen with the real command-line programs, a fake model on loopback and \`waitbus install\`, on Node
${process.version} with ${cores} cores, in use by other work besides. Made by:

    npm run test:harnesses -- test/harnesses/none
    node --import tsx test/harnesses/wake-matrix.ts

The first fetches the harnesses. Each number is one run: from the commit of the event to the model's
next request, with the hook, the harness and its start of the request in between.

| harness | version | heard on the bus | in mid-turn, by the tool \`wait\` | at the end of a turn, by the hook | latency |
| ------- | ------- | ---------------- | ----------------------------- | -------------------------------- | ------- |
${table.join('\n')}

Not measured here: the latency of the tool \`wait\` and its progress beyond 10 s; idle sessions at a
terminal (Claude Code's hook beside the turn, opencode's server); Cursor, Windsurf, Cline and Aider, of
which no program can be driven without an account or a window.
`;
}
