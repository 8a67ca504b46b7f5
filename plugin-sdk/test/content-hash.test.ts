/** The content hash: the same wherever a package lies, another for any change of a byte. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { contentHash, listFiles } from '@waitbus/plugin-sdk/lockfile';

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{"name":"x","version":"1.0.0","files":["dist"]}',
  'README.md': '# x\n',
  'dist/index.js': 'export default 1;\n',
  'dist/a/b.js': 'b\n',
};

class Package {
  readonly directory = mkdtempSync(join(tmpdir(), 'waitbus-hash-'));

  constructor(files = FILES) {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.directory, path)), { recursive: true });
    writeFileSync(join(this.directory, path), text);
  }

  path(path: string): string {
    return join(this.directory, path);
  }

  hash(which: 'all' | 'packed' = 'all'): Promise<string> {
    return contentHash(this.directory, which);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

test('the hash is h1: and does not depend on place, order of writing, mode or time', async () => {
  using one = new Package();
  using two = new Package(Object.fromEntries(Object.entries(FILES).reverse()));
  assert.match(await one.hash(), /^h1:[A-Za-z0-9+/]{43}=$/);
  assert.equal(await one.hash(), await two.hash());
  chmodSync(two.path('dist/index.js'), 0o755);
  utimesSync(two.path('README.md'), 1, 1);
  assert.equal(await one.hash(), await two.hash());
});

test('one byte changed is seen, with size and mtime restored', async () => {
  using one = new Package();
  const before = await one.hash();
  const file = one.path('dist/index.js');
  utimesSync(file, 1_000_000, 1_000_000);
  const { size, mtimeMs } = statSync(file);
  writeFileSync(file, 'export default 2;\n');
  utimesSync(file, 1_000_000, 1_000_000);
  assert.deepEqual([statSync(file).size, statSync(file).mtimeMs], [size, mtimeMs]);
  assert.notEqual(await one.hash(), before);
});

test('a file added, removed, renamed or moved between two files is seen', async () => {
  using one = new Package();
  const hashes = new Set([await one.hash()]);
  one.write('dist/added.js', '');
  hashes.add(await one.hash());
  rmSync(one.path('dist/added.js'));
  rmSync(one.path('README.md'));
  hashes.add(await one.hash());
  one.write('README.md', '# x\n');
  renameSync(one.path('dist/a/b.js'), one.path('dist/a/c.js'));
  hashes.add(await one.hash());
  renameSync(one.path('dist/a/c.js'), one.path('dist/b.js'));
  hashes.add(await one.hash());
  assert.equal(hashes.size, 5);
});

test('its node_modules do not count: what lies there is hashed by itself', async () => {
  using one = new Package();
  const before = await one.hash();
  one.write('node_modules/ws/index.js', 'x');
  assert.equal(await one.hash(), before);
});

test('a node_modules further down counts: Node would load from it', async () => {
  using one = new Package();
  const before = await one.hash();
  one.write('dist/node_modules/ws/index.js', 'x');
  assert.notEqual(await one.hash(), before);
});

test('a symlink and a FIFO are refused, a directory of theirs too', async () => {
  for (const [make, name] of [
    [(path: string) => symlinkSync('/etc/hostname', path), 'link'],
    [(path: string) => symlinkSync('/etc', path), 'linked-directory'],
    [(path: string) => void spawnSync('mkfifo', [path]), 'fifo'],
  ] as const) {
    using one = new Package();
    make(one.path(`dist/${name}`));
    for (const which of ['all', 'packed'] as const) {
      await assert.rejects(one.hash(which), {
        code: 'WAITBUS_PIN_MISMATCH',
        message: new RegExp(`dist/${name} is neither a file nor a directory`),
      });
    }
  }
});

test('names that differ by case or Unicode form only are refused', async (t) => {
  for (const [a, b] of [
    ['dist/Index.js', 'dist/index.js'],
    ['dist/\u00e9.js', 'dist/e\u0301.js'],
  ] as const) {
    using one = new Package();
    one.write(a, 'a');
    one.write(b, 'b');
    if (new Set(readdirSync(one.path('dist'))).size < 3) {
      t.skip('this file system folds names itself');
      return;
    }
    await assert.rejects(one.hash(), { code: 'WAITBUS_PIN_MISMATCH', message: /collide/ });
  }
});

test('a line break in a name is refused: it could forge a line of the hash', async () => {
  using one = new Package();
  one.write('dist/a\nb.js', 'x');
  await assert.rejects(one.hash(), { code: 'WAITBUS_PIN_MISMATCH', message: /line break/ });
});

test('packed takes what package.json lists and what npm always takes, and no more', async () => {
  using one = new Package();
  one.write('LICENSE', 'MIT');
  const before = await one.hash('packed');
  one.write('src/index.ts', 'x');
  one.write('test/x.test.ts', 'x');
  one.write('.git/config', 'x');
  assert.equal(await one.hash('packed'), before);
  assert.deepEqual(await listFiles(one.directory, 'packed'), [
    'LICENSE',
    'README.md',
    'dist/a/b.js',
    'dist/index.js',
    'package.json',
  ]);
});

const PLUGINS = fileURLToPath(new URL('../../plugins/', import.meta.url));

for (const name of readdirSync(PLUGINS)) {
  test(`packed is what npm pack puts into the tarball of ${name}`, async () => {
    const directory = join(PLUGINS, name);
    const cache = mkdtempSync(join(tmpdir(), 'waitbus-npm-'));
    try {
      const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--cache', cache];
      const { status, stdout, stderr } = spawnSync('npm', args, {
        cwd: directory,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      const [tarball] = JSON.parse(stdout) as [{ files: { path: string }[] }];
      assert.deepEqual(
        await listFiles(directory, 'packed'),
        tarball.files.map(({ path }) => path).sort(),
      );
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });
}
