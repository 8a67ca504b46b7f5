/** What `waitbus wait` refuses before anything else happens: exit 2, the argument quoted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { assertExit } from './verbs.js';

const A = ['--source', 'agent'];

const REFUSED: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['nothing to wait for', [], /say what to wait for/],
  ['a predicate without an operator', [...A, '--match', 'fields.a'], /'fields\.a'.*no operator/],
  ['an unquoted string', [...A, '--match', 'fields.a=failure'], /'fields\.a=failure'.*"failure"/],
  ['a predicate without a value', ['--match', 'fields.a='], /'fields\.a='.*no value/],
  ['an empty key segment', ['--match', 'fields..a=1'], /'fields\.\.a=1'.*empty segment/],
  ['a predicate over 256 bytes', ['--match', `fields.a="${'x'.repeat(300)}"`], /256 bytes/],
  ['an operator that there is not', ['--match', 'fields.a~="b"'], /fields\.a~="b"[^]*\^=/],
  ['a clause without a source', ['--all-of', 'fields.a=1'], /'fields\.a=1'.*source:predicate/],
  ['a clause of a malformed name', ['--first-of', 'A b:x=1'], /'A b:x=1'.*source:predicate/],
  ['a clause with a bad predicate', ['--first-of', 'agent:nonsense'], /'nonsense'/],
  ['two ways at once', ['--all-of', 'agent:', '--first-of', 'agent:'], /exclude each other/],
  ['a clause beside --match', ['--all-of', 'agent:', '--match', 'a=1'], /leave out/],
  ['--count with --all-of', ['--all-of', 'agent:', '--count', '2'], /--count goes with/],
  ['a malformed source name', ['--source', 'Agent'], /--source Agent is not a source name/],
  ['a timeout without a unit known', [...A, '--timeout', '5 minutes'], /--timeout 5 minutes/],
  ['a negative timeout', [...A, '--timeout=-1s'], /--timeout -1s is not a duration/],
  ['a timeout that no timer can hold', [...A, '--timeout', '25d'], /longer than 24 days/],
  ['a malformed --since', [...A, '--since', 'yesterday'], /--since yesterday is not a ULID/],
  ['a --since one letter short', [...A, '--since', '0'.repeat(24) + 'Z'], /--since 0+Z/],
  ['a --count of 0', [...A, '--count', '0'], /--count 0 is not a whole number from 1/],
  ['a --count that is no number', [...A, '--count', '1.5'], /--count 1\.5/],
  ['a --ready-fd that is no number', [...A, '--ready-fd', 'x'], /--ready-fd x/],
  ['a malformed --repo', [...A, '--repo', 'owner'], /--repo owner is not owner\/repo/],
  ['--workflow without --sha', [...A, '--workflow', 'ci'], /--workflow goes with --sha/],
  [
    '--sha beside --match',
    ['--sha', '7f3a1b2', '--repo', 'o/r', '--match', 'a=1'],
    /--sha waits for runs/,
  ],
  ['--sha of another source', ['--sha', '7f3a1b2', '--repo', 'o/r', ...A], /--sha waits for runs/],
  [
    'a workflow too long',
    ['--sha', '7f3a1b2', '--repo', 'o/r', '--workflow', 'x'.repeat(300)],
    /256 bytes/,
  ],
  ['no command after --', [...A, '--'], /no command after --/],
  ['an unknown option', [...A, '--mach', 'x'], /'--mach'/],
  ['an option without its value', ['--source'], /--source/],
  ['a stray word', [...A, 'now'], /'now'/],
];

test('malformed arguments end with 2, quote the culprit and start no daemon', async (t) => {
  await using box = new Sandbox();
  for (const [what, args, says] of REFUSED) {
    await t.test(what, async () => {
      const ended = await box.run(['wait', ...args]);
      assertExit(ended, 2);
      assert.equal(ended.stdout, '');
      assert.match(ended.stderr, says);
    });
  }
  assert.equal((await box.run(['status'])).code, 1);
});

test('every refusal of an argument points to the help of the command', async () => {
  await using box = new Sandbox();
  for (const args of [['--mach'], ['--count', 'x', ...A], []]) {
    const { stderr } = await box.run(['wait', ...args]);
    assert.match(stderr, /\n {2}waitbus wait --help shows how it is used\n$/);
  }
});

test('a --ready-fd that is not open ends with 2', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['wait', ...A, '--ready-fd', '900', '--timeout', '1m']);
  assertExit(ended, 2);
  assert.match(ended.stderr, /EBADF/);
});
