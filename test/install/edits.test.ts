/**
 * Properties of the edits, over generated documents: done and taken back they leave no trace, without
 * any record; in between they stand, all that was there is still there, and what a user adds survives.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createScanner, parse as parseJsonc } from 'jsonc-parser';
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import type { Edit } from 'waitbus-source-agent/harnesses';
import { allStand, applyEdits, withdrawEdits } from '../../cli/src/harness/file-edits.js';
import { check } from '../support/property.js';
import { jsonDocument, tomlDocument } from './documents.js';

const RUNS = { numRuns: 200 };

const json = (command: string): readonly Edit[] => [
  ...['Stop', 'SessionStart'].map((event): Edit => ({
    kind: 'json-append',
    file: 'settings.json',
    path: ['hooks', event],
    value: {
      matcher: 'x',
      hooks: [{ type: 'command', command: `${command} hook claude ${event}` }],
    },
    mark: `hook claude ${event}`,
  })),
  {
    kind: 'json-set',
    file: 'settings.json',
    path: ['mcpServers', 'waitbus'],
    value: { command, args: ['mcp'] },
  },
];

const toml: readonly Edit[] = [
  {
    kind: 'toml-set',
    file: 'config.toml',
    table: ['mcp_servers', 'waitbus'],
    values: { command: 'waitbus', args: ['mcp', 'a"b\\c'], tool_timeout_sec: 300, enabled: true },
  },
];

const EDITS = json('waitbus');

function done(text: string, edits: readonly Edit[]): string {
  const after = applyEdits(text, edits, false);
  assert.ok(after !== null && allStand(after, edits));
  return after;
}

/** The comments of a JSON document, in order. */
function comments(text: string): string[] {
  const scanner = createScanner(text, false);
  const found: string[] = [];
  for (let token: number = scanner.scan(); token !== 17; token = scanner.scan()) {
    const at = scanner.getTokenOffset();
    if (token === 12 || token === 13) found.push(text.slice(at, at + scanner.getTokenLength()));
  }
  return found;
}

const data = (text: string) => parseJsonc(text, [], { allowTrailingComma: true }) as object;

test('JSON: done and taken back there is no trace, and in between nothing is lost', (t) => {
  check(
    t,
    fc.property(jsonDocument, (text) => {
      const after = done(text, EDITS);
      assert.deepEqual(comments(after), comments(text));
      const { hooks, mcpServers, ...others } = data(after) as Record<string, object>;
      const was = data(text) as Record<string, object>;
      assert.deepEqual({ ...was, ...others }, was);
      assert.deepEqual({ ...hooks, ...was['hooks'] }, { ...hooks, ...was['hooks'] });
      assert.deepEqual({ ...mcpServers, ...was['mcpServers'] }, mcpServers);
      assert.equal(withdrawEdits(after, EDITS, text), text);
      const newer = json('/usr/bin/node /x/waitbus.js');
      const again = withdrawEdits(done(text, newer), newer, text);
      assert.equal(again, text);
    }),
    RUNS,
  );
});

test('JSON: what a user adds in between, a hook, a member and a comment, survives', (t) => {
  const mine: readonly Edit[] = [
    {
      kind: 'json-append',
      file: 'settings.json',
      path: ['hooks', 'Stop'],
      value: { hooks: [{ type: 'command', command: 'mine' }] },
      mark: 'mine',
    },
    { kind: 'json-set', file: 'settings.json', path: ['of', 'late'], value: [1] },
  ];
  check(
    t,
    fc.property(jsonDocument, fc.nat(), (text, at) => {
      const edited = done(done(text, EDITS), mine);
      const gaps = boundaries(edited);
      const place = gaps[at % gaps.length] ?? 0;
      const commented = `${edited.slice(0, place)}/* of late */${edited.slice(place)}`;
      const after = withdrawEdits(commented, EDITS, text) ?? '';
      // A container of ours stays when the comment is in it.
      assert.deepEqual(full(data(after)), full(data(done(text, mine))));
      for (const one of comments(text)) assert.ok(comments(after).includes(one), one);
      assert.ok(comments(after).includes('/* of late */'));
    }),
    RUNS,
  );
});

/** Without what is empty. */
function full(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(full);
  const members = Object.entries(value).map(([key, one]) => [key, full(one)] as const);
  return Object.fromEntries(
    members.filter(([, one]) => JSON.stringify(one) !== '{}' && JSON.stringify(one) !== '[]'),
  );
}

/** Where a comment may be put that is not inside of what is ours. */
function boundaries(text: string): number[] {
  const scanner = createScanner(text, true);
  const found: number[] = [];
  for (let token: number = scanner.scan(); token !== 17; token = scanner.scan()) {
    const place = scanner.getTokenOffset();
    const commented = `${text.slice(0, place)}/* of late */${text.slice(place)}`;
    const inOurs = /"matcher": ?"x"|hook claude|"waitbus"|"mcp"/;
    const line = commented.split('\n').find((one) => one.includes('/* of late */')) ?? '';
    if (!inOurs.test(line) && isOutside(text, place)) found.push(place);
  }
  return found;
}

/** Whether an offset lies outside of every element and member of ours. */
function isOutside(text: string, offset: number): boolean {
  const parts = [
    ...text.matchAll(/\{\s*"matcher":\s*"x",\s*"hooks":\s*\[[^\]]*\]\s*\}/g),
    ...text.matchAll(/"waitbus":\s*\{[^}]*\}/g),
  ];
  return parts.every(({ index, 0: part }) => offset <= index || offset >= index + part.length);
}

const tables = (text: string) => getStaticTOMLValue(parseTOML(text, { tomlVersion: '1.0' }));

test('TOML: every byte stays, and done and taken back what was there is there', (t) => {
  check(
    t,
    fc.property(tomlDocument, (text) => {
      const after = done(text, toml);
      const { mcp_servers: servers, ...others } = tables(after) as Record<string, object>;
      const { mcp_servers: was = {}, ...rest } = tables(text) as Record<string, object>;
      assert.deepEqual(others, rest);
      assert.deepEqual({ ...servers, ...was }, servers);
      const lines = after.split(/\r?\n/);
      const isInline = /^mcp_servers = \{/m.test(text);
      for (const line of text.split(/\r?\n/)) {
        if (!(isInline && line.startsWith('mcp_servers'))) assert.ok(lines.includes(line), line);
      }
      // A last line without an end has one now.
      const back = withdrawEdits(after, toml, text) ?? '';
      const whole = text === '' || /\n$/.test(text) || isInline ? text : text + eolOf(text);
      assert.equal(back, whole);
    }),
    RUNS,
  );
});

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

test('TOML: what a user adds in between survives', (t) => {
  const mine = fc.constantFrom(
    '\n[of.late] # mine\nx = 1\n',
    '\n# of late\n',
    '\n[[late]]\n\n[[late]]\n',
  );
  check(
    t,
    fc.property(tomlDocument, mine, (text, put) => {
      const after = withdrawEdits(done(text, toml) + put, toml, text) ?? '';
      assert.ok(after.endsWith(put));
      assert.deepEqual(tables(after), tables(`${text}\n${put}`));
      assert.ok(after.startsWith(text));
    }),
    RUNS,
  );
});
