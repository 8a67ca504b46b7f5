/** The engine without inotify: what it watches behind symlinks, and for how long. */
import assert from 'node:assert/strict';
import {
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPortableEngine } from '../src/engine-portable.js';
import { is, startSource, temporaryDirectory } from './harness.js';

const skip = process.platform !== 'linux' && 'only Linux tells what is watched';

const PORTABLE = {
  session: 'session',
  openEngine: (options: Parameters<typeof openPortableEngine>[0]) =>
    Promise.resolve(openPortableEngine(options)),
};

/** Whether this process watches the file, by what the kernel says of its inotify instances. */
function isWatched(path: string): boolean {
  const ino = ` ino:${statSync(path).ino.toString(16)} `;
  return readdirSync('/proc/self/fdinfo').some((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1').includes(ino);
    } catch {
      return false;
    }
  });
}

test('the file behind a link is watched until no link leads to it', { skip }, async (t) => {
  const root = temporaryDirectory(t);
  const outside = temporaryDirectory(t);
  const target = join(outside, 'target');
  const links = ['one', 'two', 'three'].map((name) => join(root, name));
  const [one = '', two = '', three = ''] = links;
  writeFileSync(target, '1');
  const running = await startSource(t, [root], {}, PORTABLE);
  for (const link of links) {
    symlinkSync(target, link);
    await running.waitFor(is('fs_change', link), `link ${link}`);
  }
  unlinkSync(one);
  await running.waitFor(is('fs_delete', one), 'a link that is gone');
  writeFileSync(target, 'longer');
  const isLonger = (link: string) => (event: Parameters<ReturnType<typeof is>>[0]) =>
    is('fs_change', link)(event) && event.fields?.['size'] === 6n;
  await running.waitFor(isLonger(two), 'a save through one link');
  await running.waitFor(isLonger(three), 'a save through the other');
  assert.ok(isWatched(target));

  for (const link of [two, three]) {
    unlinkSync(link);
    await running.waitFor(is('fs_delete', link), 'another link that is gone');
  }
  assert.ok(!isWatched(target));

  symlinkSync(target, one);
  await running.waitFor(
    (event) =>
      is('fs_change', one)(event) && running.events.filter(is('fs_change', one)).length > 1,
    'a link that is made again',
  );
  writeFileSync(target, 'once more');
  await running.waitFor(
    (event) => is('fs_change', one)(event) && event.fields?.['size'] === 9n,
    'a save through a link that was made again',
  );
});
