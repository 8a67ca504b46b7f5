/**
 * The picture of a run as SVG text: latency against the number of subscribers, and throughput. It
 * has a background of its own, so that it reads the same on a light and on a dark page. Pure.
 */
import type { Machine } from './machine.js';
import type { Results } from './results.js';
import { medianOf, type Row } from './rows.js';
import { COUNTS } from './rows/latency.js';
import { group, line, rect, text, circle, type Svg } from './svg.js';
import type { SystemName } from './systems/clients.js';
import { number } from './table.js';

const LOOKS: readonly { system: SystemName; title: string; colour: string; dash: string }[] = [
  { system: 'waitbus', title: 'waitbus', colour: '#d9480f', dash: '' },
  { system: 'redis', title: 'Redis Streams', colour: '#1864ab', dash: '' },
  { system: 'nats', title: 'NATS JetStream', colour: '#2b8a3e', dash: '' },
  { system: 'floor', title: 'floor: a relay without a store', colour: '#868e96', dash: '5 4' },
];
const WIDTH = 960;
const HEIGHT = 430;
const INK = '#212529';
const FAINT = '#dee2e6';
const LATENCY = { left: 80, right: 460, top: 96, bottom: 340 };
const BARS = { left: 640, right: 850, top: 96, barHeight: 15, gap: 26 };

/** The rows of the throughput panel: the first of each group. */
const THROUGHPUT: readonly { readonly group: string; readonly label: readonly string[] }[] = [
  { group: 'one-by-one', label: ['acknowledged', 'one by one'] },
  { group: 'pipelined', label: ['pipelined,', 'one subscriber'] },
  { group: 'replay', label: ['replay of', 'what is stored'] },
];

export function pictureOf({
  rows,
  machine,
  plan,
}: Pick<Results, 'rows' | 'machine' | 'plan'>): string {
  const body = [
    rect(0.5, 0.5, WIDTH - 1, HEIGHT - 1, { fill: '#ffffff', stroke: FAINT, rx: 8 }),
    legend(),
    latencyPanel(rows.filter(({ group: name }) => name === 'latency')),
    throughputPanel(rows),
    text(WIDTH / 2, HEIGHT - 16, caption(machine, plan.rounds), {
      anchor: 'middle',
      size: 12,
      fill: '#495057',
    }),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" ` +
    `height="${HEIGHT}" role="img" font-family="system-ui, sans-serif">\n` +
    `<title>waitbus beside its peers: latency and throughput</title>\n${body.join('\n')}\n</svg>\n`
  );
}

function caption({ cpu, cores, node, kernel }: Machine, rounds: number): string {
  return `${cpu}, ${cores} cores, ${kernel}, Node ${node}; durable logs; medians over rounds: ${rounds}`;
}

function legend(): Svg {
  let left = LATENCY.left;
  return group(
    LOOKS.flatMap(({ title, colour, dash }) => {
      const from = left;
      left += 60 + title.length * 7;
      return [
        line(from, 28, from + 24, 28, { stroke: colour, width: 3, dash }),
        text(from + 30, 32, title, { size: 13, fill: INK }),
      ];
    }),
  );
}

function latencyPanel(rows: readonly Row[]): Svg {
  const { left, right, top, bottom } = LATENCY;
  const series = LOOKS.map((look) => ({
    ...look,
    points: rows
      .map((row, index) => ({ x: COUNTS[index] ?? 1, y: medianOf(row, look.system) }))
      .filter(({ y }) => y > 0),
  }));
  const values = series.flatMap(({ points }) => points.map(({ y }) => y));
  const lowest = 10 ** Math.floor(Math.log10(Math.min(...values, 1000)));
  const highest = 10 ** Math.ceil(Math.log10(Math.max(...values, 1000) + 1));
  const x = logScale(COUNTS[0] ?? 1, COUNTS.at(-1) ?? 1, left + 14, right - 14);
  const y = logScale(lowest, highest, bottom, top);
  const decades: number[] = [];
  for (let value = lowest; value <= highest; value *= 10) decades.push(value);
  return group([
    text(left, top - 24, 'Wake-up latency, p50', { size: 15, fill: INK, weight: 600 }),
    ...decades.flatMap((value) => [
      line(left, y(value), right, y(value), { stroke: FAINT, width: 1 }),
      text(left - 8, y(value) + 4, duration(value), { anchor: 'end', size: 12, fill: INK }),
    ]),
    ...COUNTS.flatMap((count) => [
      line(x(count), bottom, x(count), bottom + 5, { stroke: INK, width: 1 }),
      text(x(count), bottom + 19, String(count), { anchor: 'middle', size: 12, fill: INK }),
    ]),
    line(left, bottom, right, bottom, { stroke: INK, width: 1 }),
    text((left + right) / 2, bottom + 40, 'subscribers, all of which match; 500 events a second', {
      ...{ anchor: 'middle', size: 12, fill: INK },
    }),
    ...series.flatMap(({ points, colour, dash }) => [
      ...points.slice(1).map((point, index) => {
        const from = points[index] ?? point;
        return line(x(from.x), y(from.y), x(point.x), y(point.y), {
          ...{ stroke: colour, width: 2.5, dash },
        });
      }),
      ...points.map((point) => circle(x(point.x), y(point.y), 3.5, colour)),
    ]),
  ]);
}

/** Each kind of work on a scale of its own, with the figure at the end of each bar. */
function throughputPanel(rows: readonly Row[]): Svg {
  const { left, right, top, barHeight, gap } = BARS;
  const parts = [
    text(left - 110, top - 24, 'Throughput, events a second', {
      ...{ size: 15, fill: INK, weight: 600 },
    }),
  ];
  let y = top;
  for (const { group: name, label } of THROUGHPUT) {
    const row = rows.find((each) => each.group === name);
    if (row === undefined) continue;
    const bars = LOOKS.map((look) => ({ ...look, value: medianOf(row, look.system) })).filter(
      ({ value }) => value > 0,
    );
    const longest = Math.max(...bars.map(({ value }) => value));
    label.forEach((words, index) => {
      parts.push(
        text(left - 12, y + 12 + index * 16, words, {
          ...{ anchor: 'end', size: 12, fill: INK },
        }),
      );
    });
    for (const { colour, value } of bars) {
      const width = ((right - left) * value) / longest;
      parts.push(rect(left, y, width, barHeight - 2, { fill: colour, rx: 2 }));
      parts.push(text(left + width + 6, y + 11, number(value), { size: 12, fill: INK }));
      y += barHeight;
    }
    y += gap;
  }
  return group(parts);
}

function logScale(low: number, high: number, from: number, to: number): (value: number) => number {
  const span = Math.log(high) - Math.log(low);
  return (value) => from + ((Math.log(value) - Math.log(low)) / span) * (to - from);
}

/** Microseconds in the unit that people would say. */
function duration(us: number): string {
  if (us >= 1e6) return `${us / 1e6} s`;
  return us >= 1000 ? `${us / 1000} ms` : `${us} µs`;
}
