/** `waitbus wait --sha`: the CI verdict of a commit, from the log and live, as the exit code. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from 'waitbus';
import { GithubDaemon, SHA } from './github-daemon.js';
import { assertExit, jsonLines } from './verbs.js';

const OPEN = { status: 'in_progress' };
const done = (conclusion: string) => ({ status: 'completed', conclusion });

test('a verdict that is in the log answers at once, to a short and a full SHA of any case', async () => {
  await using daemon = await GithubDaemon.start();
  await daemon.emit(OPEN);
  await daemon.emit(done('success'));
  for (const sha of [SHA, SHA.toUpperCase(), SHA.slice(0, 7), SHA.slice(0, 12).toUpperCase()]) {
    assertExit(await daemon.wait(sha).ended, 0);
  }
  assertExit(await daemon.look(`${SHA.slice(0, 7)}0`), 124);
});

for (const [conclusion, code] of [
  ['success', 0],
  ['failure', 1],
  ['cancelled', 1],
  ['timed_out', 1],
] as const) {
  test(`live, ${conclusion} ends it with ${code}`, async () => {
    await using daemon = await GithubDaemon.start();
    const wait = daemon.wait(SHA, '--json');
    await wait.says(/waiting for/);
    await daemon.emit({ status: 'requested' });
    await daemon.emit(OPEN);
    await daemon.emit(done(conclusion));
    const ended = await wait.ended;
    assertExit(ended, code);
    const [frame, ...others] = jsonLines(ended.stdout);
    assert.equal((frame?.['fields'] as { conclusion: string }).conclusion, conclusion);
    assert.deepEqual(others, []);
  });
}

test('several workflows: a success waits for every run that is known', async () => {
  await using daemon = await GithubDaemon.start();
  await daemon.emit({ ...OPEN, run_id: 1 });
  await daemon.emit({ ...OPEN, run_id: 9007199254740993n, workflow_name: 'docs' });
  await daemon.emit({ ...done('skipped'), run_id: 3, workflow_name: 'deploy' });
  const wait = daemon.wait(SHA, '--json');
  await wait.says(/waiting for/);
  await daemon.emit({ ...done('success'), run_id: 1 });
  await wait.says(
    /waiting for --sha \w+: docs \(run 9007199254740993, in_progress\) · listening for github/,
  );
  await daemon.emit({ ...done('success'), run_id: 9007199254740993n, workflow_name: 'docs' });
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.deepEqual(
    jsonLines(ended.stdout).map(
      (frame) => (frame['fields'] as { workflow_name: string }).workflow_name,
    ),
    ['deploy', 'ci', 'docs'],
  );
});

test('several workflows: one failure decides at once, and the others are shown as they are', async () => {
  await using daemon = await GithubDaemon.start();
  await daemon.emit({ ...OPEN, run_id: 1 });
  await daemon.emit({ ...OPEN, run_id: 2, workflow_name: 'docs' });
  const wait = daemon.wait(SHA, '--json');
  await wait.says(/waiting for/);
  await daemon.emit({ ...done('failure'), run_id: 1 });
  const ended = await wait.ended;
  assertExit(ended, 1);
  assert.equal(jsonLines(ended.stdout).length, 2);
});

test('--workflow narrows it to the runs of that name', async () => {
  await using daemon = await GithubDaemon.start();
  await daemon.emit({ ...done('failure'), run_id: 1 });
  await daemon.emit({ ...OPEN, run_id: 2, workflow_name: 'docs' });
  await daemon.emit({ ...done('success'), run_id: 3, workflow_name: 'lint "all"' });
  assertExit(await daemon.look(SHA, '--workflow', 'ci'), 1);
  assertExit(await daemon.look(SHA, '--workflow', 'lint "all"'), 0);
  const open = await daemon.look(SHA, '--workflow', 'docs');
  assertExit(open, 124);
  assert.match(open.stderr, /\n {2}--sha \w+ --workflow 'docs': docs \(run 2, in_progress\)\n/);
});

test('a re-run after a failure opens it again; late news of the attempt before do not count', async () => {
  await using daemon = await GithubDaemon.start();
  await daemon.emit({ ...done('failure'), run_attempt: 1 });
  await daemon.emit({ ...OPEN, run_attempt: 2 });
  const wait = daemon.wait(SHA);
  await wait.says(/waiting for .*attempt 2/);
  await daemon.emit({ ...done('failure'), run_attempt: 1 });
  await daemon.emit({ ...done('success'), run_attempt: 2 });
  assertExit(await wait.ended, 0);
  await daemon.emit({ ...OPEN, run_attempt: 2 });
  await daemon.emit({ ...done('failure'), run_attempt: 1 });
  assertExit(await daemon.look(SHA), 0);
});

test('what has no verdict keeps it waiting, and the timeout names the runs', async () => {
  await using daemon = await GithubDaemon.start();
  const nothing = await daemon.wait(SHA, '--timeout', '1').ended;
  assertExit(nothing, 124);
  assert.ok(nothing.stderr.endsWith(`still waiting for:\n  --sha ${SHA}\n`), nothing.stderr);
  await daemon.emit(done('skipped'));
  assertExit(await daemon.look(SHA), 0);
  await daemon.emit({ ...done('action_required'), run_id: 2, workflow_name: 'fork' });
  await daemon.emit({ status: 'queued', run_id: 3, workflow_name: 'docs' });
  const { code, stderr, stdout } = await daemon.look(SHA, '--json');
  assert.deepEqual([code, stdout], [124, '']);
  assert.match(stderr, /fork \(run 2, action_required\)\n.*docs \(run 3, queued\)\n$/);
});

test('another repository, another type and a job of the commit are none of it', async () => {
  await using daemon = await GithubDaemon.start();
  await daemon.emit(done('success'), { repo: 'other' });
  await daemon.emit(done('failure'), { type: 'workflow_job' });
  assertExit(await daemon.look(SHA), 124);
  assertExit(await daemon.look(SHA, '--repo', 'acme/*'), 0);
});

test('a short SHA of two commits ends with 2 and names both; the full one is answered', async () => {
  await using daemon = await GithubDaemon.start();
  const other = `${SHA.slice(0, 8)}${'0'.repeat(32)}`;
  await daemon.emit(done('success'));
  await daemon.emit({ ...done('failure'), run_id: 2, head_sha: other });
  const ended = await daemon.wait(SHA.slice(0, 7)).ended;
  assertExit(ended, 2);
  assert.ok(ended.stderr.includes(`more than one commit: ${other}, ${SHA}`), ended.stderr);
  assert.match(ended.stderr, /40 hex digits/);
  assertExit(await daemon.wait(SHA).ended, 0);
  assertExit(await daemon.wait(other.slice(0, 9)).ended, 1);
});

test('events by hand, without a run, count by the name of their workflow', async () => {
  await using daemon = await GithubDaemon.start();
  await daemon.emit({ run_id: null, conclusion: 'failure' });
  assertExit(await daemon.look(SHA), 1);
  await daemon.emit({ run_id: null, conclusion: 'success' });
  assertExit(await daemon.look(SHA), 0);
});

test('the repository is that of the checkout; a command runs once it is armed', async () => {
  await using daemon = await GithubDaemon.start();
  const { work } = daemon.box;
  mkdirSync(join(work, '.git'));
  writeFileSync(join(work, '.git', 'config'), '[remote "origin"]\n\turl = git@h:acme/app.git\n');
  const wait = daemon.box.waitbus(['wait', '--sha', SHA, '--ready-fd', '1', '--', 'true']);
  await wait.says(/ready/);
  await daemon.emit(done('failure'));
  assertExit(await wait.ended, 1);
});

test('waitFor gives the last event of each run, and refuses what is no commit', async () => {
  await using daemon = await GithubDaemon.start();
  const options = { paths: daemon.box.paths, repo: 'acme/app', settle: 0 };
  await daemon.emit({ ...OPEN, run_id: 2, workflow_name: 'docs' });
  const answer = waitFor({ ...options, sha: SHA.slice(0, 7) });
  const docs = waitFor({ ...options, sha: SHA, workflow: 'docs' });
  await daemon.emit(done('success'));
  await daemon.emit({ ...done('failure'), run_id: 2, workflow_name: 'docs' });
  const told = (await answer).map(({ fields }) => [fields['workflow_name'], fields['conclusion']]);
  assert.deepEqual(told, [
    ['ci', 'success'],
    ['docs', 'failure'],
  ]);
  assert.equal((await docs).length, 1);
  await assert.rejects(waitFor({ ...options, sha: '7f3a1b' }), /not 7 to 40 hex digits/);
  await assert.rejects(waitFor({ ...options, sha: SHA, repo: 'acme/none', timeout: 1 }), {
    outstanding: [`--sha ${SHA}`],
  });
});
