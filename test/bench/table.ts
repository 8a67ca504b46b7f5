/** The one table that the terminal shows. Pure: rows in, text out. */
import { isMet, medianOf, type Row } from './rows.js';
import type { SystemName } from './systems/clients.js';

const COLUMNS: readonly { readonly system: SystemName; readonly title: string }[] = [
  { system: 'waitbus', title: 'waitbus' },
  { system: 'redis', title: 'Redis' },
  { system: 'nats', title: 'JetStream' },
  { system: 'floor', title: 'floor' },
];

/** The cells of the table, header first; a row with several checks takes several lines. */
export function cellsOf(rows: readonly Row[]): string[][] {
  const header = ['', 'unit', ...COLUMNS.map(({ title }) => title), 'target', 'figure', ''];
  const body = rows.flatMap((row) => {
    const name = row.floor === undefined ? row.name : `${row.name} (floor: ${row.floor})`;
    const first = [name, row.unit, ...COLUMNS.map(({ system }) => cell(row, system))];
    const blank = first.map(() => '');
    const checks = row.checks.map((check) => [
      `${check.bound} ${number(check.limit)} ${check.target}`,
      number(check.figure),
      isMet(check) ? 'met' : 'not met',
    ]);
    const [head = ['', '', ''], ...rest] = checks;
    return [[...first, ...head], ...rest.map((more) => [...blank, ...more])];
  });
  return [header, ...body];
}

export function tableOf(rows: readonly Row[]): string {
  const cells = cellsOf(rows);
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  const isNumber = (column: number) => column >= 2 && column < 2 + COLUMNS.length;
  return cells
    .map((line) =>
      line
        .map((text, column) => {
          const width = widths[column] ?? 0;
          return isNumber(column) ? text.padStart(width) : text.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The median; for latencies with the p99 behind a slash. */
function cell(row: Row, system: SystemName): string {
  const value = medianOf(row, system);
  if (Number.isNaN(value)) return '-';
  const p99 = row.unit === 'us' ? medianOf(row, system, 'p99') : NaN;
  return Number.isNaN(p99) ? number(value) : `${number(value)} / ${number(p99)}`;
}

/** Three digits that count. */
export function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
