/** The checks of a run: each finds what it is there for, in a history that is otherwise sound. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { castOf } from '../../cli/src/stress/cast.js';
import { figuresOf } from '../../cli/src/stress/figures.js';
import { checkAll, type Happened, type Logged } from '../../cli/src/stress/invariants.js';
import { parseJournal, type Note } from '../../cli/src/stress/journal.js';
import { latenciesOf } from '../../cli/src/stress/latency.js';

const NAMES = ['r.node-1', 'r.shell-1', 'r.node-2'];
const VICTIM = 'r.node-2';

const saw = (event: Logged, sent: bigint | null = 5n): Note => ({
  what: 'saw',
  ...event,
  sent,
  at: 12n,
});

/** Two rounds; in the second one is held and killed. */
function sound(): Happened {
  let next = 0;
  const logged = (from: string, phase: string, round: number, type = 'agent_finished'): Logged => ({
    id: String((next += 1)).padStart(4, '0'),
    type,
    from,
    phase,
    round,
  });
  const survivors = NAMES.filter((name) => name !== VICTIM);
  const log = [
    logged('r.seed', 'seed', 0),
    ...NAMES.map((name) => logged(name, 'reaction', 0)),
    logged('r.seed', 'seed', 1),
    ...survivors.map((name) => logged(name, 'reaction', 1)),
    logged(VICTIM, '', 0, 'agent_failed'),
  ];
  const players = NAMES.map((name) => {
    const victim = name === VICTIM;
    const seen = victim ? log.slice(0, 5) : log;
    return {
      name,
      family: name.slice(2, -2),
      victim,
      damaged: 0,
      exit: victim ? null : 0,
      notes: [
        { what: 'started', pid: 1 } as const,
        ...seen.map((event) => saw(event)),
        { what: 'reacted', round: 0, id: 'x' } as const,
        ...(victim ? [] : [{ what: 'ended' } as const]),
      ],
    };
  });
  return { players, log, rounds: 2, killed: true, families: ['node', 'shell'] };
}

/** The names of the checks that fail. */
const failing = (happened: Happened) =>
  checkAll(happened)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);

/** The same with another's notes. */
function withNotes(change: (notes: readonly Note[], name: string) => readonly Note[]): Happened {
  const happened = sound();
  const players = happened.players.map((player) => ({
    ...player,
    notes: change(player.notes, player.name),
  }));
  return { ...happened, players };
}

const isSeed = (note: Note, round: number) =>
  note.what === 'saw' && note.phase === 'seed' && note.round === round;
const isReaction = (note: Note) => note.what === 'saw' && note.phase === 'reaction';
const isDying = (note: Note) => note.what === 'saw' && note.type === 'agent_failed';
const of = (wanted: string, drop: (note: Note) => boolean) =>
  withNotes((notes, name) => (name === wanted ? notes.filter((note) => !drop(note)) : notes));

test('a sound history passes every check, and each has checked something', () => {
  assert.deepEqual(failing(sound()), []);
  assert.ok(checkAll(sound()).every(({ checked }) => checked > 0));
  assert.equal(checkAll(sound()).length, 7);
});

test('a seed, a reaction or a death that one agent missed is found', () => {
  assert.deepEqual(failing(of('r.shell-1', (note) => isSeed(note, 1))), ['seed_seen_once']);
  assert.deepEqual(failing(of('r.shell-1', isReaction)), ['reactions_seen_by_all']);
  assert.deepEqual(failing(of('r.node-1', isDying)), ['kills_noticed']);
  // A victim had until its last seed.
  assert.deepEqual(failing(of(VICTIM, isReaction)), ['reactions_seen_by_all']);
});

test('what was seen twice, out of order, or never happened is found', () => {
  const twice = withNotes((notes) => [...notes, ...notes.filter(isReaction)]);
  assert.deepEqual(failing(twice), ['nothing_twice']);
  const seedTwice = withNotes((notes) => notes.flatMap((n) => (isSeed(n, 0) ? [n, n] : [n])));
  assert.deepEqual(failing(seedTwice), ['seed_seen_once', 'nothing_twice']);
  const invented = saw({ id: '9999', type: 'agent_finished', from: 'r.x', phase: '', round: 0 });
  assert.deepEqual(failing(withNotes((notes) => [...notes, invented])), ['nothing_twice']);
});

test('a family that did nothing, and a reaction that is missing or doubled in the log, are found', () => {
  const idle = of('r.shell-1', ({ what }) => what === 'reacted');
  assert.deepEqual(failing(idle), ['families_present']);
  const happened = sound();
  const log = happened.log.filter(({ from, round }) => !(from === 'r.node-1' && round === 1));
  assert.deepEqual(failing({ ...happened, log }), ['reacted_once', 'nothing_twice']);
  const last = { ...happened.log[1], id: '0099' } as Logged;
  const doubled = { ...happened, log: [...happened.log, last] };
  assert.deepEqual(failing(doubled), ['reacted_once', 'reactions_seen_by_all']);
});

test('the death of one who was not killed, an error, and an unclean end are found', () => {
  const event = { id: '0100', type: 'agent_failed', from: 'r.node-1', phase: '', round: 0 };
  const happened = withNotes((notes, name) =>
    name === 'r.shell-1' ? [...notes, saw(event)] : notes,
  );
  assert.deepEqual(failing({ ...happened, log: [...happened.log, event] }), ['kills_noticed']);
  const broken = withNotes((notes) => [...notes, { what: 'error', text: 'no' }]);
  assert.deepEqual(failing(broken), ['all_ended']);
  const players = sound().players.map((player) => ({ ...player, exit: 1 }));
  assert.deepEqual(failing({ ...sound(), players }), ['all_ended']);
});

test('where nothing happened nothing has passed', () => {
  const nothing = { players: [], log: [], rounds: 0, killed: false, families: [] };
  assert.ok(checkAll(nothing).every(({ ok }) => !ok));
});

test('latencies count from the sender, by family, and from the kill', () => {
  const { players } = sound();
  const latencies = latenciesOf(players, ['node', 'shell'], new Map([[VICTIM, 2n]]));
  // Two seeds for each of three; 12 - 5 nanoseconds.
  assert.equal(latencies.seed?.count, 6);
  assert.equal(latencies.seed_by_family['shell']?.count, 2);
  assert.equal(latencies.death?.count, 2);
  // Nobody's own reaction counts.
  assert.equal(latencies.reaction_by_emitter['shell']?.count, 2 + 1);
});

test('the median and the 99th percentile of few and of many', () => {
  const ms = (...times: number[]) => figuresOf(times.map((time) => BigInt(time * 1e6)));
  assert.equal(figuresOf([]), null);
  assert.deepEqual(ms(4), { count: 1, median_ms: 4, p99_ms: 4, max_ms: 4 });
  assert.equal(ms(1, 10, 3, 2)?.median_ms, 2.5);
  const many = ms(...Array.from({ length: 200 }, (_, at) => at + 1));
  assert.deepEqual(many, { count: 200, median_ms: 100.5, p99_ms: 198, max_ms: 200 });
});

test('a journal in wall time comes out in the shared clock; half a line is not read', () => {
  const line =
    '{"what":"saw","id":"a","type":"t","from":"f","phase":"seed","round":1,"sent":"7","at_wall":"1009"}';
  const { notes, damaged } = parseJournal(`${line}\nbroken\n{"what":"en`, 1000n);
  assert.equal(damaged, 1);
  const expected = { id: 'a', type: 't', from: 'f', phase: 'seed', round: 1, sent: 7n, at: 9n };
  assert.deepEqual(notes, [{ what: 'saw', ...expected }]);
});

test('families take turns, and victims leave survivors of each', () => {
  const cast = castOf(['node', 'python', 'shell'], 7, 2);
  assert.deepEqual(
    cast.map(({ short }) => short),
    ['node-1', 'python-1', 'shell-1', 'node-2', 'python-2', 'shell-2', 'node-3'],
  );
  const killed = cast.filter(({ victim }) => victim).map(({ short }) => short);
  assert.deepEqual(killed, ['shell-2', 'node-3']);
});
