/** What a run found out: figures of each source, the table of them, and its place in a document. Pure. */
import type { Machine } from '../bench/machine.js';

export interface Summary {
  readonly rounds: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  readonly all: readonly number[];
}

export interface Measured extends Summary {
  readonly source: string;
  readonly moment: string;
  readonly counterpart: string;
}

export interface Skipped {
  readonly source: string;
  readonly reason: string;
}

/** What a source costs those who do not wait for it. */
export interface Paid {
  readonly source: string;
  readonly what: string;
  /** With its unit. */
  readonly figure: string;
}

/** What the kernel's limits add to the start of a source's process. */
export interface Added extends Summary {
  /** The version of Landlock. */
  readonly abi: number;
}

export interface Results {
  readonly date: string;
  readonly machine: Machine;
  readonly measured: readonly Measured[];
  readonly paid: readonly Paid[];
  readonly skipped: readonly Skipped[];
  /** Absent where the kernel holds no source, and in older results. */
  readonly confinement?: Added;
}

/** By nearest rank; with fewer than 100 rounds the 99th percentile is the longest. */
export function summaryOf(taken: readonly number[]): Summary {
  const sorted = [...taken].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
  return { rounds: taken.length, median: at(0.5), p99: at(0.99), all: taken };
}

export function tableOf(results: Results): string {
  const { date, machine, measured, paid, skipped, confinement } = results;
  const head = ['source', 'counterpart', 'from', 'median', 'p99'];
  const rows = measured.map((one) => [
    one.source,
    one.counterpart,
    one.moment,
    milliseconds(one.median),
    milliseconds(one.p99),
  ]);
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const counts = [...new Set(measured.map(({ rounds }) => rounds))].join(' and ');
  const about = `To the exit of a blocked \`waitbus wait\`; ${counts} rounds each, ${date.slice(0, 10)}, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}.`;
  const left = skipped.map(({ source, reason }) => `Not measured: ${source} (${reason}).`);
  const costs = paid.map(({ source, what, figure }) => `What ${source} costs: ${what}: ${figure}.`);
  const added = confinement === undefined ? [] : ['', addedText(confinement)];
  return [line(head), rule, ...rows.map(line), '', about, ...costs, ...left, ...added].join('\n');
}

function addedText({ abi, rounds, median }: Added): string {
  return `The kernel's limits (Landlock ABI ${abi}, seccomp) add ${milliseconds(median)} to the start of a source: median of ${rounds} pairs.`;
}

const BEGIN = '<!-- latency: written by npm run latency -->';
const END = '<!-- /latency -->';

/** @throws when the document has no place for it */
export function placed(document: string, table: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`there is no ${BEGIN} with ${END} after it`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${document.slice(end)}`;
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
