/** What is written in docs/wake-matrix.md, from what was seen. Pure. */
import type { Arrival } from './arrivals.js';

export interface Row {
  readonly harness: string;
  readonly version: string;
  readonly way: string;
  readonly moment: 'mid-turn' | 'end of turn' | 'idle';
  /** One each time that it was tried; empty: it was not. */
  readonly seen: readonly Arrival[];
  readonly remark: string;
}

export interface Machine {
  readonly node: string;
  readonly cores: number;
  /** Processes that were running or wanted to, in the minute before. */
  readonly load: number;
}

const HEAD = ['harness', 'version', 'way', 'moment', 'woken', 'latency', 'remark'];

export function page(rows: readonly Row[], { node, cores, load }: Machine): string {
  const table = [HEAD, HEAD.map(() => '---'), ...rows.map(cells)];
  return `# How the harnesses are woken

Seen with the real command-line programs, a fake model on loopback and what \`waitbus install\` puts there.
Node ${node}, ${cores} cores, on which other work ran besides: the load was ${load.toFixed(1)} at the start. Made by:

    npm run test:harnesses -- test/harnesses/idle
    node --import tsx test/harnesses/wake-matrix.ts

The first fetches the harnesses and tests two of the ways; the second makes this page.

- **Latency** is from the commit of the event (\`received_at\`, whole milliseconds) to the model's next request
  that has it, so with the hook, the harness and its making of the request, and without the model. It is the
  median, then the least and the most. Each event was told only once the daemon had somebody who waits.
- **Woken** is how often the event stood before the model in its longest request, in all the times that it was
  tried: \`once, 5 of 5\` is what is wanted. Each time in mid-turn and at the end of a turn is a run of its own;
  the idle ones are wakes of one session, each of which was looked for again in the requests of the later.

${table.map((row) => `| ${row.join(' | ')} |`).join('\n')}

Not seen: how long each takes with a model that thinks; the progress that \`wait\` tells beyond 10 s; a second
prompt to Codex, Gemini CLI and Copilot CLI at a terminal; any of it on macOS.
`;
}

function cells({ harness, version, way, moment, seen, remark }: Row): string[] {
  return [harness, version, way, moment, wokenIn(seen), latencyIn(seen), remark];
}

export function wokenIn(seen: readonly Arrival[]): string {
  if (seen.length === 0) return 'not tried';
  const once = seen.filter(({ times }) => times === 1).length;
  const others = seen.map(({ times }) => times).filter((times) => times !== 1);
  const said = `once, ${once} of ${seen.length}`;
  return others.length === 0 ? said : `${said}; else ${others.join(', ')} times`;
}

export function latencyIn(seen: readonly Arrival[]): string {
  const sorted = seen.flatMap(({ latencyMs }) => latencyMs ?? []).sort((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) return '';
  const half = sorted.length / 2;
  const middle = sorted.slice(Math.ceil(half) - 1, Math.floor(half) + 1);
  const median = middle.reduce((sum, one) => sum + one, 0) / middle.length;
  return `${Math.round(median)} ms (${Math.round(least)} to ${Math.round(most)})`;
}
