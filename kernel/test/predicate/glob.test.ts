/** The operator `~`: what a glob matches, and that none can hold the daemon up. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { check } from '../../../test/support/property.js';
import { compile, parsePredicate } from '../../src/predicate/index.js';
import { compileGlob, MAX_GLOB_NAME, MAX_GLOB_SUBJECT } from '../../src/predicate/glob.js';

test('the path of a TypeScript file is matched, relative and absolute', () => {
  const holds = compile(parsePredicate(['fields.path~"src/**/*.ts"']));
  const paths = ['src/a.ts', 'src/a/b.ts', '/home/ada/app/src/a/b.ts', '/src/a.ts'];
  for (const path of paths) assert.equal(holds({ fields: { path } }), true, path);
  const others = ['src/a.tsx', 'lib/src/a.ts', '/srv/src/a.js', '/srv/xsrc/a.ts', 'src', ''];
  for (const path of others) assert.equal(holds({ fields: { path } }), false, path);
  assert.equal(holds({ fields: { path: ['src/a.ts'] } }), false);
  assert.equal(holds({ fields: {} }), false);
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /is empty/],
  ['*a*b*', /more than 2 \* in one name could be slow/],
  ['a/*?*?*/b', /could be slow/],
  ['**a', /\*\* stands alone between slashes/],
  ['a/***', /stands alone/],
  ['+(a|aa)', /extended patterns with \( could be slow/],
  ['!(a)', /extended/],
  ['(a+)+$', /extended/],
  ['a|b', /extended/],
  ['{a,{b,c}}', /braces hold/],
  ['{a}', /braces hold/],
  ['{1..9}', /braces hold/],
  ['{a,b/c}', /braces hold/],
  ['{a,b', /braces hold/],
  ['a}', /braces hold/],
  ['{a,b}{a,b}{a,b}{a,b}', /more than 8 alternatives/],
  ['[a', /without its match/],
  ['a]', /without its match/],
  ['[]', /without its match/],
  ['[z-a]', /out of order/],
  ['a\\', /backslash/],
];
for (const [pattern, reason] of REFUSED) {
  test(`the glob ${JSON.stringify(pattern)} is refused with the reason`, () => {
    const spec = `fields.path~${JSON.stringify(pattern)}`;
    assert.throws(() => parsePredicate([spec]), { code: 'WAITBUS_BAD_PREDICATE', message: reason });
  });
}

/** Pieces of one name, and the same as an expression that is written by hand. */
const piece = fc.constantFrom(
  ['a', 'a'],
  ['b', 'b'],
  ['.', '\\.'],
  ['+', '\\+'],
  ['"', '"'],
  [' ', ' '],
  ['\\*', '\\*'],
  ['\\(', '\\('],
  ['\\d', 'd'],
  [',', ','],
  ['?', '[^/]'],
  ['[ab]', '[ab]'],
  ['[!a]', '[^a/]'],
  ['[^a.]', '[^a./]'],
  ['{a,b.}', '(?:a|b\\.)'],
  ['{,a}', '(?:|a)'],
);
const name = fc
  .tuple(fc.array(piece, { maxLength: 2 }), fc.boolean(), fc.array(piece, { maxLength: 2 }))
  .map(([before, star, after]) => {
    const written = [...before, ...(star ? [['*', '[^/]*']] : []), ...after];
    const glob = written.map(([one = '']) => one).join('');
    // Never a directory itself or the one above; a star that begins a name is no empty one.
    const isPlain = written.every(([one = '']) => /^(\\.|[^?*[{])$/.test(one));
    const guard = isPlain ? '' : '(?!\\.{1,2}(?:/|$))';
    const some = star && before.length === 0 ? '(?=[^/])' : '';
    return [glob, guard + some + written.map(([, one = '']) => one).join('')] as const;
  })
  // More than eight alternatives in a name are refused.
  .filter(([glob]) => glob !== '' && glob !== '.' && glob.split('{').length <= 4);
const names = fc.array(fc.oneof(name, fc.constant(['**', ''] as const)), {
  minLength: 1,
  maxLength: 4,
});
const text = fc
  .array(fc.constantFrom('a', 'b', '.', '/', '/', '+', '"', '*', '(', 'd', ',', ' ', '\n'), {
    maxLength: 9,
  })
  .map((parts) => parts.join(''));

test('a glob matches what an expression written by hand does', (t) => {
  let held = 0;
  check(
    t,
    fc.property(names, text, (parts, subject) => {
      const pattern = parts.map(([glob]) => glob).join('/');
      const model = new RegExp(`^${modelOf(parts, subject.startsWith('/'))}$`);
      const expected = model.test(subject);
      assert.equal(compileGlob(pattern)(subject), expected, `${pattern} ${String(model)}`);
      if (expected) held += 1;
    }),
    { numRuns: 20_000 },
  );
  assert.ok(held > 500, `only ${held} runs matched; the property tests too little`);
});

function modelOf(parts: readonly (readonly [string, string])[], absolute: boolean): string {
  let source = absolute ? '(?:[^/]*/)*' : '';
  for (const [at, [glob, expression]] of parts.entries()) {
    const last = at === parts.length - 1;
    if (glob === '**') source += last ? '[^]*' : '(?:[^/]*/)*';
    else source += last ? expression : `${expression}/`;
  }
  return source;
}

test('hostile patterns on hostile texts are refused or done in the time of a few long names', () => {
  // In a process of its own, which a pattern that runs for ever would keep from its end.
  const glob = new URL('../../dist/predicate/glob.js', import.meta.url).href;
  const program = `
    import { compileGlob } from ${JSON.stringify(glob)};
    const parts = ['*', 'a*', '*a', '*a*', '*a*b', '*?*b', 'a', '{a,aa}{a,aa}{a,aa}*b', '*{a,aa}{a,aa}{a,aa}*b',
      '*a*a*a*a*b', '+(a|aa)', '@(a|a)*', '(a*)*b', '{a*,*a}{a*,*a}b', '[a-z]*[a-z]*b', '**a', '{a,{a,a}}'];
    const names = [1, 16, 512, 4096];
    let taken = 0, refused = 0, matched = 0;
    for (const one of parts) for (const other of parts) for (const [join, end] of [['/', '/b'], ['/**/', '/**/*b'], ['', 'b']]) {
      const unit = one + join + other + join;
      const pattern = '**/' + unit.repeat(Math.max(1, Math.floor(200 / unit.length))).replace(/\\/+$/, '') + end;
      let matches;
      try { matches = compileGlob(pattern); taken += 1; } catch { refused += 1; continue; }
      for (const length of names)
        for (const root of ['', '/']) {
          const unit = 'a'.repeat(length) + '/';
          if (matches((root + unit.repeat(Math.ceil(4096 / unit.length))).slice(0, 4096))) matched += 1;
        }
    }
    console.log(JSON.stringify({ taken, refused, matched }));`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
    timeout: 300_000,
  });
  assert.equal(signal, null, 'a pattern did not come to an end');
  assert.match(stdout, /"taken":\d{2,}.*"refused":\d{2,}/, stderr);
});

test('a text longer than any path, or a name than any file, matches no wildcard', () => {
  const long = `a/${'b'.repeat(MAX_GLOB_NAME)}`;
  assert.equal(compileGlob('a/*')(long), true);
  assert.equal(compileGlob('a/*')(`${long}b`), false);
  assert.equal(compileGlob('a/**')(`${long}b`), true);
  assert.equal(compileGlob('**')('a'.repeat(MAX_GLOB_SUBJECT)), true);
  assert.equal(compileGlob('**')('a'.repeat(MAX_GLOB_SUBJECT + 1)), false);
});

test('the library is read when the first glob comes, and not before', () => {
  const index = new URL('../../dist/predicate/index.js', import.meta.url).href;
  const program = `
    import { createRequire } from 'node:module';
    import { compile, parsePredicate } from ${JSON.stringify(index)};
    const { cache } = createRequire(${JSON.stringify(index)});
    const read = () => Object.keys(cache).some((file) => file.includes('picomatch'));
    compile(parsePredicate(['fields.a="x"', 'fields.b^="x"', 'fields.c=null']));
    const before = read();
    compile(parsePredicate(['fields.a~"*"']));
    console.log(before, read());`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  assert.equal(stdout, 'false true\n', stderr);
});
