/** Keeps the table of the last full run in docs/performance.md, between its two markers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { REPO } from '../support/sandbox.js';
import type { Results } from './results.js';
import { cellsOf } from './table.js';

const PAGE = join(REPO, 'docs', 'performance.md');
const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

export async function writeDocument(results: Results): Promise<void> {
  const text = replaceSection(readFileSync(PAGE, 'utf8'), sectionOf(results));
  const config = (await resolveConfig(PAGE)) ?? {};
  writeFileSync(PAGE, await format(text, { ...config, parser: 'markdown' }));
}

/** @throws Error when the markers are not there */
export function replaceSection(page: string, section: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`no ${BEGIN} and ${END} in the page`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${section}\n\n${page.slice(end)}`;
}

/** Where and when, and the table in markdown. */
export function sectionOf({ rows, machine, date, commit, plan }: Results): string {
  const { cpu, cores, memoryGiB, kernel, node, loadAtStart } = machine;
  const where =
    `${date.slice(0, 10)}, commit ${commit.slice(0, 12)}: ${cpu}, ${cores} cores, ` +
    `${memoryGiB} GiB, ${kernel}, Node ${node}; rounds: ${plan.rounds}; ` +
    `load ${(loadAtStart[0] ?? 0).toFixed(1)} at the start.`;
  const [header = [], ...body] = cellsOf(rows);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, column) => (column >= 2 && column <= 5 ? '---:' : '---'));
  return [where, '', line(header), line(rule), ...body.map(line)].join('\n');
}
