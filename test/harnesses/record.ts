/**
 * `node --import tsx test/harnesses/record.ts [HARNESS...]`: runs each harness with a model that writes a
 * file, calls a tool of MCP and ends, and keeps what its hooks were given and what it said at the end, in
 * samples/HARNESS/.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Sandbox } from '../support/sandbox.js';
import { programOf } from './cache.js';
import { editCall } from './edit-call.js';
import { lines } from './json.js';
import { answersOf, toolNamed, type Step, type Turn } from './model/scenario.js';
import { FakeModel } from './model/server.js';
import { sum, type Usage } from './model/usage.js';
import { startReal } from './real.js';
import { scrub } from './scrub.js';
import { REAL_HARNESSES, VERSIONS, type RealHarness } from './versions.js';

const SAMPLES = fileURLToPath(new URL('samples', import.meta.url));
const RECORDER = fileURLToPath(new URL('recorder.mjs', import.meta.url));

const words = process.argv.slice(2);
for (const name of REAL_HARNESSES) {
  if (words.length > 0 && !words.includes(name)) continue;
  if (programOf(name) === null) process.stderr.write(`${name} is not in the cache\n`);
  else await record(name);
}

async function record(name: RealHarness): Promise<void> {
  await using sandbox = new Sandbox();
  const work = join(sandbox.directory, `work-${name}`);
  await using model = await FakeModel.start((turn) => stepOf(name, turn, work));
  const hooks = join(sandbox.directory, 'hooks.jsonl');
  const command = [process.execPath, RECORDER, hooks];
  const { ground, running } = await startReal(sandbox, model, name, {
    prompt: 'Write it down.',
    command,
  });
  const { stdout, stderr, code } = await running.ended;
  const usage = sum(model.asked.flatMap((asked) => asked.usage ?? []));
  const places = [
    [ground.home, '/home/' + 'me'],
    [ground.work, '/home/me/shop'],
    [sandbox.directory, '/tmp/run'],
    [basename(sandbox.directory), 'run'],
    [ground.model, `http://127.0.0.1:4000/${name}`],
  ] as const;
  const told = existsSync(hooks) ? readFileSync(hooks, 'utf8') : '';
  const directory = join(SAMPLES, name);
  mkdirSync(directory, { recursive: true });
  const keep = (file: string, content: string) =>
    writeFileSync(join(directory, file), scrub(content, places));
  keep('hooks.jsonl', told);
  keep('output.txt', withoutNoise(name, stdout));
  keep('made.json', `${JSON.stringify(madeBy(name, model, usage), null, 2)}\n`);
  const events = lines(told).map((line) => String(line['args']));
  process.stderr.write(`${name} ended with ${code}; hooks: ${events.join(' ')}\n`);
  const steps = model
    .turnsOf(name)
    .map(({ step }) => (step.kind === 'call' ? step.tool : step.kind));
  process.stderr.write(`  steps: ${steps.join(' ')}\n`);
  process.stderr.write(`  tools: ${model.turnsOf(name)[0]?.turn.tools.join(' ')}\n`);
  if (code !== 0) process.stderr.write(stderr);
}

/** What a ledger that reads the output has to come to. */
function madeBy(name: RealHarness, model: FakeModel, usage: Usage) {
  return {
    harness: name,
    version: VERSIONS[name].version,
    requests: model.asked.filter((asked) => asked.usage !== null).length,
    turns: model.turnsOf(name).length,
    usage,
    turnUsage: sum(model.turnsOf(name).flatMap((asked) => asked.usage ?? [])),
  };
}

function stepOf(name: RealHarness, turn: Turn, work: string): Step {
  const wait = toolNamed(turn, 'wait');
  const answers = answersOf(turn);
  if (answers.length === 0) return editCall(name, turn, work);
  if (answers.length === 1 && wait !== null) return { kind: 'call', tool: wait, args: {} };
  return { kind: 'say', text: 'It is written.' };
}

/** Copilot CLI repeats its whole state in lines that it calls ephemeral. */
function withoutNoise(name: RealHarness, stdout: string): string {
  if (name !== 'copilot') return stdout;
  return lines(stdout)
    .filter((line) => line['ephemeral'] !== true)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}
