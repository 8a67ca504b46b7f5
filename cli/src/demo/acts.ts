/**
 * The four acts of the demo. Each makes something real happen and says what came of it; none makes
 * up an event that could be real.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findInstallation } from '../installation.js';
import { elapsed } from './narrator.js';
import { firstOutput, type Stage } from './stage.js';

/** What became of an act: it happened, it did not, or it could not be tried. */
export type Outcome = 'happened' | 'failed' | 'skipped';
export type Act = (stage: Stage) => Promise<Outcome>;

const AS_TYPED = (args: readonly string[]) =>
  args.map((arg) => (/[^\w.:/=-]/.test(arg) ? `'${arg}'` : arg)).join(' ');

/** A real file, saved by another process, wakes a wait. */
export const saveAFile: Act = async (stage) => {
  stage.heading('1. A file is saved');
  const args = [
    '--source',
    'fs',
    '--match',
    'fields.workflow_name="config.yaml"',
    '--timeout',
    '20s',
  ];
  stage.shows(`waitbus wait ${AS_TYPED(args)}`);
  const wait = await stage.armedWait(args);
  await stage.pace();
  const saved = await stage.start(process.execPath, [
    '-e',
    `require('fs').writeFileSync('config.yaml', 'replicas: 3\\n'); process.stdout.write(String(process.hrtime.bigint()))`,
  ]).ended;
  stage.tells('another process saved config.yaml');
  const { code, at, stderr } = await wait.ended;
  if (code !== 0) return failed(stage, `the wait ended with ${code}: ${stderr}`);
  stage.succeeds(`the wait ended with 0, ${elapsed(BigInt(saved.stdout), at)} after the save`);
  return 'happened';
};

const TESTS = `import time

def test_that_passes():
    assert 2 + 2 == 4

def test_that_fails():
    assert 2 + 2 == 5

def test_that_takes_long():
    time.sleep(2)
`;

/** A real pytest run wakes a wait with its first failure, while it is still going. */
export const failATest: Act = async (stage) => {
  stage.heading('2. A test fails, and the run goes on');
  const pytest = await stage.start('python3', ['-m', 'pytest', '--version']).ended;
  if (pytest.code !== 0) {
    stage.tells('skipped: python3 with pytest is not installed (python3 -m pip install pytest)');
    return 'skipped';
  }
  writeFileSync(join(stage.work, 'test_demo.py'), TESTS);
  const args = ['--source', 'pytest', '--match', 'fields.conclusion="failure"', '--timeout', '20s'];
  stage.shows(`waitbus wait ${AS_TYPED(args)}`);
  const wait = await stage.armedWait(args);
  await stage.pace();
  stage.shows('waitbus pytest -- -q test_demo.py');
  const run = stage.waitbus(['pytest', '--', '-q', '-p', 'no:cacheprovider', 'test_demo.py']);
  const { code, at, stderr } = await wait.ended;
  if (code !== 0) return failed(stage, `the wait ended with ${code}: ${stderr}`);
  stage.tells('the wait ended with 0; the run is still going');
  const ran = await run.ended;
  if (ran.at <= at) return failed(stage, 'the run had ended before the wait');
  if (ran.code !== 1) return failed(stage, `pytest ended with ${ran.code}: ${ran.stdout}`);
  stage.succeeds(`the failure was heard ${elapsed(at, ran.at)} before the run ended`);
  return 'happened';
};

/** A wait for what does not come gives up in time. */
export const timeOut: Act = async (stage) => {
  stage.heading('3. Nothing happens');
  const args = ['--source', 'agent', '--match', 'event_type="agent_finished"', '--timeout', '3s'];
  stage.shows(`waitbus wait ${AS_TYPED(args)}`);
  const { code, stderr } = await stage.waitbus(['wait', ...args]).ended;
  if (code !== 124) return failed(stage, `the wait ended with ${code}: ${stderr}`);
  stage.succeeds('the wait ended with 124 after 3 seconds');
  return 'happened';
};

/** A program that is killed cannot speak; its last will does. */
export const killAnAgent: Act = async (stage) => {
  stage.heading('4. An agent is killed');
  const args = ['--source', 'agent', '--match', 'event_type="agent_failed"', '--timeout', '20s'];
  stage.shows(`waitbus wait ${AS_TYPED(args)}`);
  const wait = await stage.armedWait(args);
  const library = pathToFileURL(join(findInstallation().packageRoot, 'dist', 'client', 'index.js'));
  const agent = stage.start(process.execPath, [
    '--input-type=module',
    '-e',
    `import { writeSync } from 'node:fs';
     import { attach } from ${JSON.stringify(library.href)};
     await attach('demo-agent', { source: 'agent', event_type: 'agent_failed',
       summary: 'demo-agent died', fields: { conclusion: 'failure', msg_from: 'demo-agent' } });
     writeSync(3, 'attached');`,
  ]);
  await Promise.race([firstOutput(agent.child), agent.ended]);
  await stage.pace();
  stage.shows(`kill -9 ${agent.child.pid}`);
  const killed = process.hrtime.bigint();
  agent.child.kill('SIGKILL');
  const { code, at, stderr } = await wait.ended;
  if (code !== 0) return failed(stage, `the wait ended with ${code}: ${stderr}`);
  stage.succeeds(`its last will ended the wait with 0, ${elapsed(killed, at)} after the kill`);
  return 'happened';
};

function failed(stage: Stage, text: string): Outcome {
  stage.fails(text);
  return 'failed';
}
