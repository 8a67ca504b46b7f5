/** The pure parts, and the ignore rules against git's own answers. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { dirname, join } from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode } from '../src/decode.js';
import { IgnoreRules, leaveNothing } from '../src/ignore-rules.js';
import { temporaryLikelihood } from '../src/temporary-name.js';
import { toEvents } from '../src/to-event.js';
import { temporaryDirectory } from './harness.js';

test('temporary names of editors and tools', () => {
  for (const name of [
    '.x.swp',
    '.x.swo',
    '.x.swx',
    '.swp',
    '4913',
    '5036',
    'x~',
    'x.~1~',
    '#x#',
    '.#x',
    '.x.kate-swp',
    'x___jb_tmp___',
    'x___jb_old___',
    '.goutputstream-AB12CD',
    'sedA1b2C3',
    'sedx9yZQw',
    '.x.yaml.a1B2c3',
    'x.tmp',
    'x.json.tmp.1234.5678',
    'x.tmp.12',
    'x.123.tmp',
    'x.tmp-a8s7d',
    '.~lock.x.odt#',
    '~$x.docx',
    '.nfs000000000123',
    '.fuse_hidden0000001200000001',
  ])
    assert.equal(temporaryLikelihood(name), 'likely', name);
});

test('names that only look temporary', () => {
  for (const name of [
    'x',
    'config.yaml',
    '.gitignore',
    '.env',
    '.env.sample',
    '.eslintrc.config',
    'sedatives',
    'sedation',
    '2024',
    '8080',
    '12345',
    'x.swp.txt',
    'swp',
    'tmp',
    'a.tmpl',
    '#x',
    'x#',
    '.bashrc',
    'x.log.1',
    'tmp.txt',
    '.x.svg',
    '.x.sql',
    '.ssh',
  ])
    assert.notEqual(temporaryLikelihood(name), 'likely', name);
});

test('records decode to what was encoded, and a record cut short is left out', () => {
  const record = fc.record({
    wd: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    mask: fc.nat(2 ** 32 - 1),
    name: fc.string({ unit: 'binary', maxLength: 40 }).filter((name) => !/\0|\uFFFD/.test(name)),
    padding: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(record), fc.nat(15), (records, cut) => {
      const bytes = Buffer.concat(records.map(encode));
      const expected = records.map(({ wd, mask, name }) => ({ wd, mask, name }));
      assert.deepEqual(decode(bytes, bytes.length), expected);
      if (records.length === 0) return;
      assert.deepEqual(decode(bytes, bytes.length - 1 - cut), expected.slice(0, -1));
    }),
  );
});

function encode(record: { wd: number; mask: number; name: string; padding: number }): Buffer {
  const name = Buffer.from(record.name);
  const length = name.length === 0 ? 0 : name.length + 1 + record.padding;
  const bytes = Buffer.alloc(16 + length);
  const words = [record.wd >>> 0, record.mask, 0, length];
  words.forEach((word, n) =>
    endianness() === 'LE' ? bytes.writeUInt32LE(word, n * 4) : bytes.writeUInt32BE(word, n * 4),
  );
  name.copy(bytes, 16);
  return bytes;
}

test('the ignore rules agree with git check-ignore', (t) => {
  const part = fc.constantFrom('a', 'b', 'build', 'x.log', 'k.txt');
  const line = fc.constantFrom(
    '*.log',
    '!x.log',
    'build',
    'build/',
    '/build',
    '!build/',
    'a/b',
    '/a',
    'a/',
    '!a',
    '**/b',
    'a/**',
    'b/*',
    '!b/k.txt',
    '# note',
    '',
    '\\!a',
    '*',
    '!*/',
    '/*',
    'k.tx?',
    '[ab]',
    '!/a/b/',
  );
  const tree = fc.uniqueArray(
    fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  const rules = fc.array(
    fc.tuple(
      fc.array(fc.constantFrom('a', 'b', 'build'), { maxLength: 2 }),
      fc.array(line, { minLength: 1, maxLength: 4 }),
    ),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(tree, rules, (paths, files) => {
      // A root whose own file leaves nothing means its files, whatever git says.
      fc.pre(!files.some(([directory, lines]) => directory.length === 0 && leaveNothing(lines)));
      const root = temporaryDirectory(t);
      execFileSync('git', ['init', '-q', root]);
      for (const [directory, lines] of files) {
        mkdirSync(join(root, ...directory), { recursive: true });
        writeFileSync(join(root, ...directory, '.gitignore'), lines.join('\n'));
      }
      const real = paths.filter((path) => {
        try {
          mkdirSync(join(root, dirname(path)), { recursive: true });
          writeFileSync(join(root, path), '');
          return true;
        } catch {
          return false;
        }
      });
      const { stdout } = spawnSync('git', ['check-ignore', '--no-index', '--stdin'], {
        cwd: root,
        input: real.join('\n'),
        encoding: 'utf8',
      });
      const ignored = new Set(stdout.split('\n'));
      const ours = new IgnoreRules(root, { ignore: [], gitignore: true });
      for (const path of real) {
        assert.equal(ignoredByWalk(ours, root, path), ignored.has(path), path);
      }
    }),
    { numRuns: 150 },
  );
});

/** As the engine asks: a directory that is ignored is not descended into. */
function ignoredByWalk(rules: IgnoreRules, root: string, path: string): boolean {
  const parts = path.split('/');
  return parts.some((_, n) =>
    rules.ignores(join(root, ...parts.slice(0, n + 1)), n < parts.length - 1),
  );
}

test('two saves that leave the same time and size are two events', () => {
  const at = (root: string, path: string) => ({ places: [{ root, path }], real: path });
  const save = { type: 'saved', ...at('/r', '/r/a/f'), size: 1n, mtimeNs: 2n } as const;
  const [one] = toEvents(save, 's:1');
  const [other] = toEvents(save, 's:2');
  assert.notEqual(one?.delivery_id, other?.delivery_id);
  assert.equal(toEvents({ ...save, ...at('/', '/r/a/f') }, 's:3')[0]?.summary, 'saved r/a/f');
});
