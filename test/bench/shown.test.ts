/** What the benchmark prints and writes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPO } from '../support/sandbox.js';
import { replaceSection, sectionOf } from './document.js';
import { machine } from './machine.js';
import { pictureOf } from './picture.js';
import { parseOptions } from './options.js';
import { planOf } from './plan.js';
import type { Results } from './results.js';
import { addFigure, check, newRow, type Row } from './rows.js';
import { COUNTS } from './rows/latency.js';
import { SETTINGS } from './systems/brokers.js';
import { SYSTEMS } from './systems/clients.js';

const PARSE_XML = `
import sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.read())
print(root.tag.split('}')[1], *(len(root.findall('.//{*}' + tag)) for tag in ('circle', 'text')))
`;

function results(rows: Row[], cpu = 'A <fast> & "small" CPU'): Results {
  return {
    ...{ date: '2026-01-02T03:04:05Z', commit: 'abc', versions: {}, skipped: [], problems: [] },
    ...{ plan: planOf(parseOptions([], [])), settings: SETTINGS },
    machine: { ...machine(), cpu },
    rows: rows.map((row) => ({ ...row, medians: {}, checks: [] })),
  };
}

function rowsOf(systems: typeof SYSTEMS | readonly ['waitbus']): Row[] {
  const latency = COUNTS.map((count) => newRow('latency', String(count), 'us'));
  const rates = ['one-by-one', 'pipelined', 'replay'].map((name) => newRow(name, name, 'events/s'));
  for (const row of [...latency, ...rates]) {
    systems.forEach((system, index) => addFigure(row, system, { value: 500 * 3 ** index }));
  }
  return [...latency, ...rates];
}

/** How many elements there are, by an XML parser. */
function parsed(svg: string): { root: string; circles: number; texts: number } {
  const run = spawnSync('python3', ['-c', PARSE_XML], { input: svg, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const [root = '', circles, texts] = run.stdout.trim().split(' ');
  return { root, circles: Number(circles), texts: Number(texts) };
}

test('the picture is well-formed and has a point for each system and count', () => {
  const svg = pictureOf(results(rowsOf(SYSTEMS)));
  assert.equal(parsed(svg).root, 'svg');
  assert.equal(parsed(svg).circles, SYSTEMS.length * COUNTS.length);
  assert.match(svg, /A &lt;fast> &amp; &quot;small&quot; CPU/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

test('a picture without peers, or without any figure, is a picture all the same', () => {
  const alone = pictureOf(results(rowsOf(['waitbus'])));
  assert.equal(parsed(alone).circles, COUNTS.length);
  const empty = pictureOf(results([]));
  assert.equal(parsed(empty).circles, 0);
  assert.doesNotMatch(alone + empty, /NaN|Infinity|undefined/);
});

test('the table takes the place of the last one and leaves the rest of the page alone', () => {
  const page = 'before\n<!-- bench:begin -->\n\nold\n\n<!-- bench:end -->\nafter\n';
  const row = newRow('latency', 'wake-up', 'us');
  addFigure(row, 'waitbus', { value: 5 });
  check(row, 'us', 'at most', 10, 5);
  const section = sectionOf({ ...results([]), rows: [{ ...row, medians: {}, checks: [] }] });
  assert.match(section, /2026-01-02, commit abc/);
  assert.match(section, /^\| wake-up \| us \| 5 \|/m);
  const replaced = replaceSection(page, section);
  assert.match(replaced, /^before\n<!-- bench:begin -->/);
  assert.match(replaced, /<!-- bench:end -->\nafter\n$/);
  assert.doesNotMatch(replaced, /old/);
  assert.equal(replaceSection(replaced, section), replaced);
  assert.throws(() => replaceSection('no markers', section), /bench:begin/);
});

test('docs/performance.md has the markers', () => {
  const page = readFileSync(join(REPO, 'docs', 'performance.md'), 'utf8');
  assert.doesNotThrow(() => replaceSection(page, ''));
});
