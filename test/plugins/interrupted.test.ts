/** `waitbus plugin add` killed anywhere: the old state or the new one, and the next command works. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertEnds, PluginBox } from './support.js';

/** Moments, spread over the time that an add takes, each moved by chance within its part. */
const MOMENTS = 20;

test(`killed with SIGKILL at ${MOMENTS} random moments, nothing half installed is ever listed`, async (t) => {
  await using box = new PluginBox();
  const tarball = await box.tarball();
  // How long an add takes changes with the machine's load: the last one that was left alone tells.
  const timed = async () => {
    const started = performance.now();
    await box.add(tarball);
    return performance.now() - started;
  };
  let whole = await timed();
  let complete = 0;
  for (let n = 0; n < MOMENTS; n += 1) {
    assertEnds(await box.plugin('remove', 'waitbus-source-mine'), 0);
    const running = box.waitbus(['plugin', 'add', tarball, '--yes'], { detached: true });
    const at = ((n + Math.random()) / MOMENTS) * whole;
    const kill = setTimeout(() => process.kill(-(running.child.pid ?? 0), 'SIGKILL'), at);
    const { signal } = await running.ended;
    clearTimeout(kill);
    // Whatever is pinned is whole, and what is not pinned is not listed.
    const { code, stdout } = await box.plugin('verify');
    assert.equal(code, 0, `killed after ${at.toFixed(0)} ms: ${stdout}`);
    const listed = (await box.plugin('list')).stdout.includes('waitbus-source-mine');
    assert.equal(listed, stdout.includes('ok      waitbus-source-mine'));
    if (signal === null || listed) complete += 1;
    whole = await timed();
    assertEnds(await box.plugin('audit', '--ci'), 0);
  }
  t.diagnostic(`${MOMENTS - complete} of ${MOMENTS} were cut off before the pin`);
});

test('killed between rename and pin: not listed, and the next add completes it', async () => {
  await using box = new PluginBox();
  const tarball = await box.tarball();
  await box.add(tarball);
  // What a kill at that moment leaves: the prefix is in its place, and no pin points to it.
  box.rewrite(() => ({}));
  assert.doesNotMatch((await box.plugin('list')).stdout, /waitbus-source-mine/);
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '5s']), 2, /not installed/);
  await box.add(tarball);
  assertEnds(await box.plugin('audit', '--ci'), 0);
  assert.equal(box.installed().length, 1);
});
