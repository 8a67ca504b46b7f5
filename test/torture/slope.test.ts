/** The judge of a soak: it says of a leak that it grows, and of a steady series that it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomOf, seedOf } from '../support/property.js';
import { grows, trendOf, type Sample } from './slope.js';

const SERIES = 200;
const SAMPLES = 120;
const TOLERATED = 8;

type Random = (below: number) => number;

/** From -1 to 1. */
function noise(random: Random): number {
  return random(2001) / 1000 - 1;
}

function seriesOf(valueAt: (index: number) => number): Sample[] {
  return Array.from({ length: SAMPLES }, (_, index) => ({
    seconds: index * 5,
    value: valueAt(index),
  }));
}

/** How many of many series of a kind are said to grow. */
function flagged(random: Random, kind: (random: Random) => Sample[]): number {
  return Array.from({ length: SERIES }, () => trendOf(kind(random))).filter((trend) =>
    grows(trend, TOLERATED),
  ).length;
}

const STEADY: readonly (readonly [string, (random: Random) => Sample[]])[] = [
  ['noise', (random) => seriesOf(() => 60 + 10 * noise(random))],
  ['a level', () => seriesOf(() => 60)],
  ['rare spikes', (random) => seriesOf(() => (random(20) === 0 ? 500 : 60 + noise(random)))],
  ['a sawtooth', (random) => seriesOf((index) => 60 + (index % 17) * 2 + noise(random))],
  [
    'a warm-up',
    (random) => seriesOf((index) => 60 + Math.min(index, SAMPLES / 5) * 2 + noise(random)),
  ],
  ['growth below what is tolerated', (random) => seriesOf((i) => 60 + i * 0.05 + noise(random))],
  ['shrinking', (random) => seriesOf((index) => 90 - index * 0.3 + noise(random))],
];

const LEAKING: readonly (readonly [string, (random: Random) => Sample[]])[] = [
  ['a leak', () => seriesOf((index) => 60 + index * 0.2)],
  ['a leak in noise', (random) => seriesOf((index) => 60 + index * 0.2 + 5 * noise(random))],
  [
    'a leak under a sawtooth',
    (random) => seriesOf((index) => 60 + index * 0.2 + (index % 17) * 0.5 + noise(random)),
  ],
  [
    'a leak with rare spikes',
    (random) => seriesOf((index) => 60 + index * 0.2 + (random(20) === 0 ? 200 : 0)),
  ],
  [
    'a leak in steps',
    (random) => seriesOf((index) => 60 + 4 * Math.floor(index / 15) + noise(random)),
  ],
];

for (const [what, kind] of STEADY) {
  test(`${what} is not said to grow`, (t) => {
    assert.equal(flagged(randomOf(seedOf(t)), kind), 0);
  });
}

for (const [what, kind] of LEAKING) {
  test(`${what} is said to grow`, (t) => {
    assert.equal(flagged(randomOf(seedOf(t)), kind), SERIES);
  });
}

test('the growth over the window is what the series grew', () => {
  const trend = trendOf(seriesOf((index) => 60 + index));
  assert.ok(trend);
  assert.ok(Math.abs(trend.growth - 0.8 * (SAMPLES - 1)) < 1, String(trend.growth));
});

test('of a run that is all warm-up nothing is said', () => {
  const short = seriesOf((index) => index * 100).slice(0, 30);
  assert.equal(trendOf(short), null);
});
