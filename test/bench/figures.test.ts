/** How figures are made of what was measured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from './bench.js';
import { newHistogram, pack, percentilesOf } from './histogram.js';
import { parseOptions } from './options.js';
import { planOf } from './plan.js';
import {
  addFigure,
  bestPeer,
  check,
  checkRatio,
  isMet,
  median,
  medianOf,
  newRow,
  type Row,
} from './rows.js';
import { EVENT_BYTES, EventReader, eventText } from './systems/event.js';
import { cellsOf, number, tableOf } from './table.js';

function latencyRow(): Row {
  const row = newRow('latency', 'wake-up', 'us');
  for (const value of [300, 100, 200]) {
    addFigure(row, 'waitbus', { value, p99: value * 10 });
    addFigure(row, 'redis', { value: value * 4, p99: value * 8 });
    addFigure(row, 'nats', { value: value * 2, p99: value * 20 });
  }
  return row;
}

test('an event is as long as it is said to be, and is read back from any bytes around it', () => {
  const reader = new EventReader();
  for (const [n, due] of [
    [0, 0],
    [7, 123_456_789_012_345],
    [999_999, 1],
  ] as const) {
    const text = eventText(n, due);
    assert.equal(Buffer.byteLength(text), EVENT_BYTES);
    const { fields } = JSON.parse(text) as { fields: Record<string, unknown> };
    assert.equal(fields['n'], n);
    assert.equal(fields['slot'], n % 1000);
    reader.read(Buffer.from(`{"kind":"event","summary":"","more":${text}}`));
    assert.deepEqual([reader.n, reader.due], [n, due]);
  }
  assert.throws(() => reader.read(Buffer.from('{"kind":"gap"}')), /not an event/);
});

test('percentiles survive packing, in microseconds', () => {
  const histogram = newHistogram();
  for (let us = 1; us <= 1000; us += 1) histogram.recordValue(us * 1000);
  const { p50, p90, p99, max, count } = percentilesOf(pack(histogram));
  assert.equal(count, 1000);
  for (const [is, wanted] of [
    [p50, 500],
    [p90, 900],
    [p99, 990],
    [max, 1000],
  ] as const) {
    assert.ok(Math.abs(is / wanted - 1) < 0.002, `${is} is not ${wanted}`);
  }
});

test('medians are over rounds, and missing figures make none', () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
  const row = latencyRow();
  assert.equal(medianOf(row, 'waitbus'), 200);
  assert.equal(medianOf(row, 'waitbus', 'p99'), 2000);
  assert.ok(Number.isNaN(medianOf(row, 'floor')));
});

test('the best peer is the fastest of those that are there, each figure by itself', () => {
  const row = latencyRow();
  assert.equal(bestPeer(row), 400);
  assert.equal(bestPeer(row, 'p99'), 1600);
  assert.ok(Number.isNaN(bestPeer(newRow('latency', 'alone', 'us'))));
});

test('a target is met on its limit, not beyond, and not checked without its peer', () => {
  const row = latencyRow();
  checkRatio(row, 'on the limit', 'at most', 0.5, bestPeer(row));
  checkRatio(row, 'beyond it', 'at most', 0.49, bestPeer(row));
  check(row, 'enough', 'at least', 15, 15);
  check(row, 'too little', 'at least', 15, 14.9);
  checkRatio(row, 'no floor', 'at most', 1, medianOf(row, 'floor'));
  assert.deepEqual(
    row.checks.map((each) => [each.target, isMet(each)]),
    [
      ['on the limit', true],
      ['beyond it', false],
      ['enough', true],
      ['too little', false],
    ],
  );
});

test('the table has a line for each check, and all its columns line up', () => {
  const row = latencyRow();
  checkRatio(row, 'of the best peer', 'at most', 0.4, bestPeer(row));
  check(row, 'us', 'at most', 500, 200);
  const cells = cellsOf([row]);
  assert.deepEqual(cells.at(1), [
    ...['wake-up', 'us', '200 / 2,000', '800 / 1,600', '400 / 4,000', '-'],
    ...['at most 0.4 of the best peer', '0.5', 'not met'],
  ]);
  assert.deepEqual(cells.at(2)?.slice(6), ['at most 500 us', '200', 'met']);
  const lines = tableOf([row]).split('\n');
  assert.equal(lines.length, 3);
  const column = lines[0]?.indexOf('target') ?? -1;
  assert.ok(lines.slice(1).every((line) => line.slice(column).startsWith('at most')));
});

test('figures are written with the digits that count', () => {
  assert.equal(number(0.12345), '0.123');
  assert.equal(number(12.345), '12.3');
  assert.equal(number(123_456.7), '123,457');
  assert.equal(number(0), '0');
});

test('what was lost or came out of order is a problem of the run', () => {
  const bench = new Bench(planOf(parseOptions([], [])), ['waitbus', 'floor']);
  const seen = { connectingNs: 0, armedNs: 0, lastNs: 0, histogram: null };
  bench.verify('waitbus', { ...seen, delivered: 10, misplaced: 0 }, 10);
  assert.deepEqual(bench.problems, []);
  bench.verify('waitbus', { ...seen, delivered: 9, misplaced: 2 }, 10);
  assert.equal(bench.problems.length, 2);
  assert.match(bench.problems[0] ?? '', /9 of 10/);
});

test('each round begins with another system, and one that breaks does not end the others', async () => {
  const plan = { ...planOf(parseOptions([], [])), rounds: 3 };
  const bench = new Bench(plan, ['waitbus', 'floor']);
  const order: string[] = [];
  await bench.inTurn(['waitbus', 'redis', 'floor'], async (system, round) => {
    order.push(`${round} ${system}`);
    if (round === 1 && system === 'floor') throw new Error('gone');
  });
  assert.deepEqual(order, [
    ...['0 waitbus', '0 floor', '1 floor', '1 waitbus', '2 waitbus', '2 floor'],
  ]);
  assert.match(bench.problems.join(), /floor broke: gone/);
});
