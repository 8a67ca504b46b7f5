/**
 * Roots that come and go between any two of the engine's own calls: the calls are the real ones, and
 * what happens between them is put there.
 */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { IN } from '../src/decode.js';
import { openLinuxEngine } from '../src/engine-linux.js';
import { openInotify, type Inotify } from '../src/inotify.js';
import { openLease } from '../src/lease.js';
import type { Surroundings } from '../src/start.js';
import { is, startSource, temporaryDirectory, type Running } from './harness.js';

/** What a test puts between the calls; replaced while the source runs. */
interface Between {
  /** Runs before each call that sets a watch. */
  add: (path: string) => void;
  /** Whether what is read is thrown away, as the kernel does when its queue is full. */
  loses: boolean;
}

function interleaved(between: Between): Surroundings {
  const open = (readable: () => void): Inotify => {
    const real = openInotify(readable);
    return {
      ...real,
      add: (path, mask) => {
        between.add(path);
        return real.add(path, mask);
      },
      drain: () => {
        const drained = real.drain();
        if (!between.loses || drained.records.length === 0) return drained;
        between.loses = false;
        return { ...drained, records: [{ wd: -1, mask: IN.Q_OVERFLOW, name: '' }] };
      },
    };
  };
  return {
    session: 's',
    openEngine: async (options) => openLinuxEngine(options, { openLease, openInotify: open }),
  };
}

interface Place {
  readonly running: Running;
  readonly between: Between;
  /** The directory in which the root is to appear, and the root with a file in it. */
  readonly above: string;
  readonly root: string;
  readonly file: string;
  /** Resolves when the engine has taken in all that happened until now. */
  readonly caughtUp: () => Promise<unknown>;
}

/** A source that waits for `above/root`, and watches another root that is there. */
async function place(t: TestContext): Promise<Place> {
  const base = temporaryDirectory(t);
  const above = join(base, 'x');
  const root = join(above, 'root');
  const other = join(base, 'the-other-root');
  mkdirSync(other);
  const between: Between = { add: () => undefined, loses: false };
  const running = await startSource(t, [root, other], {}, interleaved(between));
  return {
    running,
    between,
    above,
    root,
    file: join(root, 'deep/f'),
    caughtUp: () => running.storyUntilMarker(other),
  };
}

function save(file: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, 'x');
}

test('a root that appears before any call of a check is picked up', async (t) => {
  let reached = true;
  let calls = 0;
  for (; reached; calls += 1) {
    const { running, between, above, file, caughtUp } = await place(t);
    let left = calls;
    between.add = () => {
      if (left === 0) save(file);
      left -= 1;
    };
    mkdirSync(above);
    await caughtUp();
    reached = left < 0;
    if (reached) await running.waitFor(is('fs_change', file), `save before call ${calls}`);
    running.stop();
  }
  assert.ok(calls > 5, `a check makes ${calls} calls`);
});

test('a root that goes before it is entered is picked up when it comes back', async (t) => {
  const { running, between, root, file, caughtUp } = await place(t);
  let gone = false;
  between.add = (path) => {
    if (path !== root || gone) return;
    gone = true;
    rmSync(root, { recursive: true });
  };
  mkdirSync(root, { recursive: true });
  await caughtUp();
  assert.ok(gone, 'the root never was entered');
  save(file);
  await running.waitFor(is('fs_change', file), 'save');
});

test('a way that goes while it gets its sentry, and comes back at once', async (t) => {
  const { running, between, above, file, caughtUp } = await place(t);
  let times = 0;
  between.add = (path) => {
    // Gone for this call, back before the next.
    if (path === above && times === 0) rmSync(above, { recursive: true });
    else if (times === 1) mkdirSync(above, { recursive: true });
    if (path === above || times === 1) times += 1;
  };
  mkdirSync(above);
  await caughtUp();
  assert.ok(times > 1, 'it never went');
  save(file);
  await running.waitFor(is('fs_change', file), 'save');
});

test('a root that flickers for longer than one check is picked up in the end', async (t) => {
  const { running, between, above, root, file } = await place(t);
  let left = 41;
  between.add = (path) => {
    if (path !== above || left === 0) return;
    left -= 1;
    if (left % 2 === 0) save(file);
    else rmSync(root, { recursive: true, force: true });
  };
  mkdirSync(above);
  await running.waitFor(() => left === 0 && running.events.some(is('fs_change', file)), 'save');
  writeFileSync(file, 'longer');
  await running.waitFor(
    (event) => is('fs_change', file)(event) && event.fields?.['size'] === 6n,
    'save in the root that stayed',
  );
});

test('a root that went in an overflow of the queue is picked up when it comes back', async (t) => {
  const { running, between, root, file, caughtUp } = await place(t);
  save(file);
  await running.waitFor(is('fs_change', file), 'save');
  between.loses = true;
  rmSync(root, { recursive: true });
  await running.waitFor(is('fs_delete', file), 'deletion');
  await caughtUp();
  assert.ok(!between.loses, 'nothing was thrown away');
  save(file);
  await running.waitFor(() => running.events.filter(is('fs_change', file)).length === 2, 'save');
});

test('a root that new rules leave out of the tree around it stays observed', async (t) => {
  const base = temporaryDirectory(t);
  const root = join(base, 'build');
  mkdirSync(root);
  writeFileSync(join(root, 'known'), '');
  const running = await startSource(t, [base, root]);
  writeFileSync(join(base, '.gitignore'), 'build\n');
  await running.waitFor(is('fs_change', join(base, '.gitignore')), 'rules');
  writeFileSync(join(root, 'f'), '');
  await running.waitFor(is('fs_change', join(root, 'f')), 'save');
  assert.deepEqual(await running.storyUntilMarker(base), ['change .gitignore', 'change build/f']);
});
