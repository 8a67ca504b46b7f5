/** A wait on a source whose manifest declares verdicts: its end is a conclusion, and its code the verdict. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from 'waitbus';
import { assertExit } from './verbs.js';
import { answer, skip } from '../python/python.js';
import { Tools } from '../tools/calls.js';
import { GithubWorld, SHA } from '../support/github-world.js';

async function emit(world: GithubWorld, type: string, fields: object, source = 'github') {
  const event = { source, event_type: type, owner: 'acme', repo: 'app', fields };
  assertExit(await world.box.run(['emit', '--json', JSON.stringify(event)]), 0);
}

async function waiting(world: GithubWorld, ...args: readonly string[]) {
  const wait = world.box.waitbus(['wait', '--timeout', '1m', ...args]);
  await wait.says(/waitbus: waiting for/);
  return wait;
}

const OPEN = { status: 'in_progress', head_sha: SHA };
const ended = (conclusion: string) => ({ status: 'completed', conclusion, head_sha: SHA });

for (const args of [[], ['--match', `fields.head_sha="${SHA}"`]]) {
  test(`wait --source github ${args.join(' ')}: a run that goes on is no end, and a failure is 1`, async () => {
    await using world = await GithubWorld.open();
    const wait = await waiting(world, '--source', 'github', ...args);
    await emit(world, 'workflow_run', OPEN);
    await emit(world, 'push', { head_sha: SHA });
    await emit(world, 'workflow_run', ended('skipped'));
    await emit(world, 'workflow_run', ended('failure'));
    assertExit(await wait.ended, 1);
  });
}

test('a success is 0, and --count counts ends', async () => {
  await using world = await GithubWorld.open();
  const one = await waiting(world, '--source', 'github');
  const two = await waiting(world, '--source', 'github', '--count', '2');
  await emit(world, 'workflow_job', ended('success'));
  assertExit(await one.ended, 0);
  await emit(world, 'workflow_job', OPEN);
  await emit(world, 'workflow_job', ended('cancelled'));
  assertExit(await two.ended, 1);
});

test('--no-verdict: any event ends it, with 0', async () => {
  await using world = await GithubWorld.open();
  const any = await waiting(world, '--source', 'github', '--no-verdict');
  const match = ['--match', 'fields.conclusion="failure"'];
  const failed = await waiting(world, '--source', 'github', '--no-verdict', ...match);
  await emit(world, 'workflow_run', OPEN);
  assertExit(await any.ended, 0);
  await emit(world, 'workflow_run', ended('failure'));
  assertExit(await failed.ended, 0);
});

for (const [predicate, type, fields] of [
  ['event_type="pull_request"', 'pull_request', { number: 7 }],
  ['fields.status="stalled"', 'workflow_job', { status: 'stalled' }],
  ['fields.conclusion="skipped"', 'workflow_run', ended('skipped')],
  ['fields.event_type^="pull"', 'pull_request', { number: 7 }],
  ['fields.status!="completed"', 'workflow_run', OPEN],
  ['fields.number=5', 'pull_request', { number: 5 }],
  ['fields.merged=true', 'pull_request', { number: 5, merged: true }],
  ['fields.tag="v1"', 'release', { tag: 'v1' }],
] as const) {
  test(`what asks for no verdict gets none: ${predicate}`, async () => {
    await using world = await GithubWorld.open();
    const wait = await waiting(world, '--source', 'github', '--match', predicate);
    await emit(world, type, fields);
    assertExit(await wait.ended, 0);
  });
}

test('a clause on github is judged, beside others that are not, unless --no-verdict', async () => {
  await using world = await GithubWorld.open();
  const clauses = ['github: fields.status="completed"', 'pytest: fields.exit_code=1'];
  const of = (way: string) => clauses.flatMap((clause) => [way, clause]);
  const first = await waiting(world, ...of('--first-of'));
  const all = await waiting(world, ...of('--all-of'));
  const none = await waiting(world, '--no-verdict', ...of('--first-of'));
  const other = await waiting(
    world,
    '--first-of',
    'github:',
    '--first-of',
    'pytest: fields.exit_code=1',
  );
  await emit(world, 'workflow_run', OPEN);
  await emit(world, 'pytest_session', { exit_code: 1, conclusion: 'failure' }, 'pytest');
  assertExit(await other.ended, 0);
  assertExit(await first.ended, 0);
  assertExit(await none.ended, 0);
  const failed = await waiting(world, '--first-of', 'github:');
  await emit(world, 'workflow_run', ended('failure'));
  assertExit(await failed.ended, 1);
  assertExit(await all.ended, 1);
});

test('waitFor waits for a conclusion as the command does, unless verdict is false', async () => {
  await using world = await GithubWorld.open();
  for (const [verdict, status] of [
    [undefined, 'completed'],
    [false, 'in_progress'],
  ] as const) {
    const [event] = await waitFor({
      source: 'github',
      ...(verdict === undefined ? {} : { verdict }),
      paths: world.box.paths,
      onArmed: async () => {
        await emit(world, 'workflow_run', OPEN);
        await emit(world, 'workflow_run', ended('failure'));
      },
    });
    assert.equal(event?.fields['status'], status);
  }
});

test('the tool wait does so as well, through its slices', async () => {
  await using world = await GithubWorld.open();
  const tools = new Tools({ paths: world.box.paths });
  for (const [given, ending] of [
    [{}, 'workflow_job'],
    [{ verdict: false }, 'workflow_run'],
  ] as const) {
    const wanted = { source: 'github', timeout_s: 600, ...given };
    const first = await tools.call('wait', wanted, { sliceMs: 0 });
    await emit(world, 'workflow_run', OPEN);
    await emit(world, 'workflow_job', ended('failure'));
    const { data } = await tools.call('wait', first.data['next']);
    assert.equal((data['events'] as { event_type: string }[])[0]?.event_type, ending);
  }
});

test('wait_for of Python does so as well', { skip }, async () => {
  await using world = await GithubWorld.open();
  const events = (['workflow_run', 'workflow_job'] as const).map((type) => {
    const fields = type === 'workflow_run' ? OPEN : ended('failure');
    return { source: 'github', event_type: type, owner: 'acme', repo: 'app', fields };
  });
  const program = `
sent = json.loads(sys.argv[1])
def ending(**asked):
    found = waitbus.wait_for(timeout=60, on_armed=lambda: waitbus.emit(sent), **asked)
    return [event["event_type"] for event in found]
any_of = ["github:", 'pytest:fields.exit_code=1']
print(json.dumps([ending(source="github"), ending(source="github", verdict=False),
                  ending(source="github", match='fields.status="in_progress"'),
                  ending(first_of=any_of), ending(all_of=["github:"]),
                  ending(source="github", match='fields.conclusion="failure"')]))`;
  const [first, all] = ['workflow_run', 'workflow_job'].map((type) => [type]);
  const seen = await answer(world.box, program, JSON.stringify(events));
  assert.deepEqual(seen, [all, first, first, all, all, all]);
});

test('with -q, too, a verdict of the log says that it is that', async () => {
  await using world = await GithubWorld.open();
  await emit(world, 'workflow_run', { ...ended('success'), run_id: 1 });
  const wait = world.waiting('--sha', SHA, '-q', '--timeout', '0');
  const { code, stderr } = await wait.ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^waitbus: this is the log's verdict, \d+ s old: /);
});

test('no other source of ours declares verdicts', async () => {
  await using world = await GithubWorld.open();
  const match = ['--match', 'fields.conclusion="failure"'];
  const wait = await waiting(world, '--source', 'pytest', ...match);
  const judged = await waiting(world, '--source', 'pytest', '--verdict', ...match);
  await emit(world, 'pytest_session', { conclusion: 'failure' }, 'pytest');
  assertExit(await wait.ended, 0);
  assertExit(await judged.ended, 1);
  assert.equal(world.api.asked.length, 0);
});
