/** Changes of a configuration's text: what is not changed stays byte for byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { editConfig } from '../../cli/src/config/edit.js';

const yaml = (text: string, change: Parameters<typeof editConfig>[2]) =>
  editConfig(text, 'config.yaml', change);

test('a section goes below its key, and everything else stays', () => {
  const before = `# mine
retention:   # kept long
    maxAge:    30d


sources:  # those of work
    # the tree
    fs:
        ignore: [ '*.log',
           '*.x' ]   # two
log: {level: "debug"}
# the end`;
  assert.equal(
    yaml(before, { addSection: 'hooks' }),
    before.replace('those of work\n', 'those of work\n    hooks: {}\n'),
  );
});

test('without the key, it is added at the end, in the line ends of the file', () => {
  assert.equal(yaml('', { addSection: 'a' }), 'sources:\n  a: {}\n');
  assert.equal(yaml('# only this', { disabled: ['a'] }), '# only this\ndisabled: [a]\n');
  assert.equal(
    yaml('log: {}\r\n', { disabled: ['a'], addSection: 'b' }),
    'log: {}\r\nsources:\r\n  b: {}\r\ndisabled: [a]\r\n',
  );
});

test('a list of one line and a list of many stay what they are', () => {
  const flow = 'disabled: [ a,  b ] # not now\nlog: {}\n';
  assert.equal(yaml(flow, { disabled: ['b'] }), 'disabled: [b] # not now\nlog: {}\n');
  const block = 'disabled:\n  # noisy\n  - a # this one\n  - b\nlog: {}\n';
  assert.equal(
    yaml(block, { disabled: ['a', 'b', 'c'] }),
    'disabled:\n  - c\n  # noisy\n  - a # this one\n  - b\nlog: {}\n',
  );
  assert.equal(
    yaml(block, { disabled: ['a'] }),
    'disabled:\n  # noisy\n  - a # this one\nlog: {}\n',
  );
});

test('what is written in another way is written anew, with its comments', () => {
  const text = yaml('# above\nsources: {fs: {gitignore: false}} # beside\n', { addSection: 'a' });
  assert.match(text, /# above[\s\S]*# beside/);
  assert.deepEqual(parse(text), { sources: { fs: { gitignore: false }, a: {} } });
  assert.deepEqual(parse(yaml('sources:\ndisabled:\n', { addSection: 'a', disabled: ['b'] })), {
    sources: { a: {} },
    disabled: ['b'],
  });
  // Names that YAML would take for something else.
  assert.deepEqual(parse(yaml('log: {}\n', { disabled: ['true', 'null'] })), {
    log: {},
    disabled: ['true', 'null'],
  });
});

test('JSON is written with two spaces', () => {
  const text = editConfig('{"sources":{"fs":{}}}', 'config.json', { disabled: ['fs'] });
  assert.equal(text, `${JSON.stringify({ sources: { fs: {} }, disabled: ['fs'] }, null, 2)}\n`);
});

test('whatever the list was, the edited text says the new one and nothing else', () => {
  const name = fc.constantFrom('a', 'b', 'c-d', 'true', 'on', 'e1', 'null');
  const list = fc.uniqueArray(name, { maxLength: 5 });
  const style = fc.constantFrom('flow', 'block', 'indented', 'quoted', 'absent', 'empty');
  const written = (names: readonly string[], how: string): string => {
    const quoted = names.map((one) => JSON.stringify(one));
    if (how === 'absent') return '';
    if (how === 'empty' || names.length === 0) return 'disabled: []\n';
    if (how === 'flow') return `disabled: [${quoted.join(', ')}]\n`;
    if (how === 'quoted') return `"disabled": [\n ${quoted.join(',\n ')} ]\n`;
    const indent = how === 'indented' ? '    ' : '';
    return `disabled: # why\n${quoted.map((one) => `${indent}- ${one} # c\n`).join('')}`;
  };
  fc.assert(
    fc.property(list, list, style, fc.boolean(), (before, after, how, first) => {
      const rest = 'log:\n  level: warn # loud\n';
      const part = written(before, how);
      const text = yaml(first ? part + rest : rest + part, { disabled: after });
      const { log, disabled } = parse(text) as { log: unknown; disabled: string[] };
      assert.deepEqual(log, { level: 'warn' });
      assert.deepEqual(disabled.sort(), [...after].sort());
      assert.match(text, /level: warn # loud/);
    }),
    { numRuns: 300 },
  );
});
