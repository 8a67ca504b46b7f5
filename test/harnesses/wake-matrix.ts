/**
 * `node --import tsx test/harnesses/wake-matrix.ts`: goes each way of waking with each harness in the cache
 * and writes what was seen to docs/wake-matrix.md. What did not work is written as such.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { REPO } from '../support/sandbox.js';
import { programOf } from './cache.js';
import { wakeIdle } from './idle.js';
import { REAL_HARNESSES, VERSIONS, type RealHarness } from './versions.js';
import { page, type Row } from './wake-page.js';
import { goWholeWay, type Way } from './whole-way.js';

/** A run that takes longer is made less often. */
const SHORT_MS = 10_000;
const [MANY, FEW] = [5, 3];

const TITLES: Readonly<Record<RealHarness, string>> = {
  claude: 'Claude Code',
  codex: 'Codex',
  gemini: 'Gemini CLI',
  opencode: 'opencode',
  copilot: 'Copilot CLI',
};
const END_HOOKS = {
  claude: 'hook `Stop`, print mode',
  codex: 'hook `Stop`',
  gemini: 'hook `AfterAgent`',
  copilot: 'hook `agentStop`',
} as const;
const ELSEWHERE = [
  [
    'Cursor',
    'a `followup_message` of the hook `stop`',
    'end of turn',
    'needs an account and a window',
  ],
  [
    'Windsurf',
    'none; its agent waits with the tool `wait`',
    'mid-turn',
    'needs an account and a window',
  ],
  [
    'Cline',
    'none; its agent waits with the tool `wait`',
    'mid-turn',
    'needs the window of an editor',
  ],
  ['Aider', 'none', 'idle', 'has no hook that could wake it, and no MCP'],
] as const;

const NOT_OFFERED = { times: 0, latencyMs: null };

const machine = { node: process.version, cores: cpus().length, load: loadavg()[0] ?? 0 };
const rows: Row[] = [];
for (const name of REAL_HARNESSES) {
  rows.push(...(programOf(name) === null ? [absent(name)] : await rowsOf(name)));
  process.stderr.write(
    `${JSON.stringify(rows.filter(({ harness }) => harness === TITLES[name]))}\n`,
  );
}
for (const [harness, way, moment, remark] of ELSEWHERE) {
  rows.push({
    harness,
    version: '',
    way,
    moment,
    seen: [],
    remark: `not testable here: ${remark}`,
  });
}
const file = join(REPO, 'docs', 'wake-matrix.md');
writeFileSync(file, page(rows, machine));
spawnSync('npx', ['prettier', '--write', file], { cwd: REPO, stdio: 'inherit' });

async function rowsOf(name: RealHarness): Promise<Row[]> {
  const own = { harness: TITLES[name], version: VERSIONS[name].version };
  const ways = await wholeWays(name);
  const tool = ways.map(({ midTurn }) => midTurn ?? NOT_OFFERED);
  const failures = ways.filter(({ code }) => code !== 0).length;
  const failed = failures === 0 ? '' : `${failures} runs ended with an error`;
  const searches = ways.map((way) => way.searches);
  const looked = `the model has to look for it with \`tool_search\`, again where that does not find it: here ${searches.join(', ')} times`;
  const midTurn: Row = {
    ...own,
    way: 'tool `wait`',
    moment: 'mid-turn',
    seen: tool,
    remark: searches.some((count) => count > 0) ? looked : failed,
  };
  const idle = { ...own, moment: 'idle' } as const;
  if (name === 'opencode') {
    const seen = await wakeIdle(name, MANY);
    const remark = 'no turn is held up; `opencode run` ends with its turn, so it is not woken';
    return [midTurn, { ...idle, way: 'plugin, `opencode serve`', seen, remark }];
  }
  const endOfTurn: Row = {
    ...own,
    way: END_HOOKS[name],
    moment: 'end of turn',
    seen: ways.map((way) => way.endOfTurn),
    remark: failed,
  };
  if (name === 'claude') {
    const seen = await wakeIdle(name, MANY);
    const way = 'hook beside the turn (`asyncRewake`), terminal';
    return [midTurn, endOfTurn, { ...idle, way, seen, remark: 'no turn is held up' }];
  }
  const remark =
    'cannot be woken; its hook is made to tell it with the next prompt, not tried here';
  return [midTurn, endOfTurn, { ...idle, way: 'none', seen: [], remark }];
}

async function wholeWays(name: RealHarness): Promise<readonly Way[]> {
  const ways: Way[] = [];
  const start = performance.now();
  let wanted = MANY;
  while (ways.length < wanted) {
    ways.push(await goWholeWay(name, name !== 'opencode'));
    if (ways.length === 1 && performance.now() - start > SHORT_MS) wanted = FEW;
  }
  return ways;
}

function absent(name: RealHarness): Row {
  const { version } = VERSIONS[name];
  const remark = 'not in the cache';
  return { harness: TITLES[name], version, way: '', moment: 'idle', seen: [], remark };
}
