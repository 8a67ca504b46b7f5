/**
 * What the benchmark finds: rows of figures, one a round and a system, and the checks that hold a
 * row against its targets. Pure.
 */
import type { SystemName } from './systems/clients.js';

/** One measurement. */
export interface Figure {
  /** The figure that the table shows, in the row's unit. */
  readonly value: number;
  readonly p90?: number;
  readonly p99?: number;
  readonly max?: number;
  /** All samples in nanoseconds, as a packed HDR histogram. */
  readonly histogram?: string;
}

export type Unit = 'us' | 'ms' | 's' | 'events/s' | 'MiB' | 'ticks';

export interface Check {
  /** In words, as performance targets are put. */
  readonly target: string;
  readonly figure: number;
  readonly limit: number;
  readonly bound: 'at most' | 'at least';
}

export interface Row {
  readonly group: string;
  readonly name: string;
  readonly unit: Unit;
  /** What the floor column holds where it is not the relay. */
  readonly floor?: string;
  /** Figures by system, in the order of rounds. */
  readonly figures: Partial<Record<SystemName, Figure[]>>;
  readonly checks: Check[];
}

export function newRow(group: string, name: string, unit: Unit, floor?: string): Row {
  return { group, name, unit, figures: {}, checks: [], ...(floor === undefined ? {} : { floor }) };
}

export function addFigure(row: Row, system: SystemName, figure: Figure): void {
  (row.figures[system] ??= []).push(figure);
}

type Key = 'value' | 'p90' | 'p99' | 'max';

/** The median over rounds; NaN where there is nothing. */
export function medianOf(row: Row, system: SystemName, key: Key = 'value'): number {
  return median((row.figures[system] ?? []).flatMap((figure) => figure[key] ?? []));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The lowest figure of a peer; NaN when there was no peer. */
export function bestPeer(row: Row, key: Key = 'value'): number {
  const peers = [medianOf(row, 'redis', key), medianOf(row, 'nats', key)].filter(
    (value) => value > 0,
  );
  return peers.length === 0 ? NaN : Math.min(...peers);
}

/** waitbus against something in the same row; nothing is checked where either is missing. */
export function checkRatio(
  row: Row,
  target: string,
  bound: Check['bound'],
  limit: number,
  against: number,
  figure: number = medianOf(row, 'waitbus'),
): void {
  check(row, target, bound, limit, figure / against);
}

export function check(
  row: Row,
  target: string,
  bound: Check['bound'],
  limit: number,
  figure: number,
): void {
  if (Number.isFinite(figure)) row.checks.push({ target, figure, limit, bound });
}

export function isMet({ figure, limit, bound }: Check): boolean {
  return bound === 'at most' ? figure <= limit : figure >= limit;
}
