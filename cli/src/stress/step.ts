/**
 * One run of so many agents: they enter, rounds of seeds and reactions follow while time and money
 * last, in the last round some are killed in the middle of their turn, then all end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { castOf, type Role } from './cast.js';
import { wallOffset } from './clock.js';
import { checkAll, isDeath, isTurn, type Invariant, type Player } from './invariants.js';
import { latenciesOf } from './latency.js';
import { budgetSpent, totalsOf, type Entry } from './ledger/index.js';
import type { Seeder } from './seeder.js';
import type { StepPlan, StepResult } from './step-form.js';
import { endEvent, seedEvent, seederOf } from './swarm.js';
import type { Actor, Troupe } from './troupe.js';
import { Watch } from './watch.js';

/** Between a round's end and the next one's beginning: what is measured is a wake-up from rest. */
const REST_MS = 200;
const END_LIMIT_MS = 20_000;
const ENTER_LIMIT_MS = 60_000;

export class Step {
  readonly #plan: StepPlan;
  readonly #troupe: Troupe;
  readonly #seeder: Seeder;
  readonly #run: string;
  readonly #roles: readonly Role[];
  readonly #kills = new Map<string, bigint>();
  #actors: readonly Actor[] = [];
  #watch: Watch;
  #rounds = 0;
  #stopped: StepResult['stopped'] = null;

  constructor(plan: StepPlan, troupe: Troupe, seeder: Seeder) {
    this.#plan = plan;
    this.#run = plan.run;
    this.#troupe = troupe;
    this.#seeder = seeder;
    this.#roles = castOf(
      plan.families.map(({ name }) => name),
      plan.count,
      plan.kills,
    );
    const files = this.#roles
      .map((role) => this.#nameOf(role))
      .map((name) => [name, troupe.journalOf(name)] as const);
    this.#watch = new Watch(new Map(files), wallOffset());
  }

  async play(): Promise<StepResult> {
    const started = performance.now();
    await this.#enter();
    const deadline = performance.now() + this.#plan.durationMs;
    while (this.#goesOn(deadline)) await this.#round([]);
    if (this.#stopped === null && !this.#watch.anyErred()) await this.#lastRound();
    await this.#end();
    return this.#result((performance.now() - started) / 1000);
  }

  async #enter(): Promise<void> {
    const cursor = await this.#seeder.head();
    this.#actors = this.#roles.map((role) => {
      const name = this.#nameOf(role);
      const family = this.#plan.families.find((one) => one.name === role.family);
      if (family === undefined) throw new Error(`there is no family ${role.family}`);
      return this.#troupe.enter(family, {
        run: this.#run,
        name,
        family: role.family,
        journal: this.#troupe.journalOf(name),
        cursor,
      });
    });
    if (!(await this.#untilBlocked(ENTER_LIMIT_MS))) this.#plan.tell('not every agent listens');
  }

  /**
   * Nobody is on its way back to a wait any more.
   * @param held those in the middle of a turn: they listen only if they always do
   */
  #untilBlocked(limitMs: number, held: readonly string[] = []): Promise<boolean> {
    const listening = this.#actors.filter(
      ({ part, family }) =>
        !this.#kills.has(part.name) && (family.listensAlways || !held.includes(part.name)),
    ).length;
    const blocked = async () => (await this.#seeder.subscribers()) >= listening;
    return this.#watch.until(blocked, limitMs, this.#hopeless);
  }

  async #atRest(held: readonly string[] = []): Promise<void> {
    const { roundLimitMs, signal } = this.#plan;
    await this.#untilBlocked(roundLimitMs, held);
    await pause(REST_MS, undefined, { signal }).catch(() => undefined);
  }

  /** What is missing will not come: the run is interrupted, or somebody left who was not killed. */
  readonly #hopeless = (): boolean =>
    this.#plan.signal.aborted ||
    this.#actors.some(({ part, hasEnded }) => hasEnded() && !this.#kills.has(part.name));

  /** Decides on the next round, and why there is none. */
  #goesOn(deadline: number): boolean {
    const { signal, before, budgetUsd, rounds } = this.#plan;
    if (signal.aborted) this.#stopped = 'interrupted';
    else if (budgetSpent(totalsOf([...before, ...this.#entries()]), budgetUsd)) {
      this.#stopped = 'budget';
    }
    if (this.#hopeless() || this.#watch.anyErred()) return false;
    return this.#stopped === null && this.#rounds < rounds && performance.now() < deadline;
  }

  /** @param hold who stops in the middle of its turn */
  async #round(hold: readonly string[]): Promise<void> {
    const round = this.#rounds;
    const { roundLimitMs, signal } = this.#plan;
    await this.#atRest();
    if (signal.aborted) return;
    this.#rounds += 1;
    // What came before needs no second look.
    const from = new Map(this.#names().map((name) => [name, this.#watch.notesOf(name).length]));
    await this.#seeder.emit((sent) => seedEvent(this.#run, round, sent, hold));
    const others = this.#names().filter((name) => !hold.includes(name));
    // Who met an error does not answer any more.
    const complete = () => {
      const answering = others.filter((name) => !this.#watch.hasErred(name));
      return others.every((name) => this.#isThrough(name, round, answering, from.get(name)));
    };
    const whole = await this.#watch.until(complete, roundLimitMs, this.#hopeless);
    if (!whole) this.#plan.tell(`round ${round} is not complete`);
  }

  /** Whether an agent has seen the seed and what the others answered. */
  #isThrough(name: string, round: number, others: readonly string[], from = 0): boolean {
    const notes = this.#watch.notesOf(name).slice(from);
    const heard = new Set(notes.flatMap((note) => (isTurn(note, round) ? [note.from] : [])));
    return heard.has(seederOf(this.#run)) && others.every((other) => heard.has(other));
  }

  /**
   * The victims stop in the middle of their turn. Once the others are through and at rest, so that
   * what is measured is a wake-up, the victims are killed one after the other.
   */
  async #lastRound(): Promise<void> {
    const victims = this.#roles.filter(({ victim }) => victim).map((role) => this.#nameOf(role));
    const round = this.#rounds;
    const has = (name: string) => this.#watch.notesOf(name).some((note) => isTurn(note, round));
    await this.#round(victims);
    for (const victim of victims) {
      await this.#watch.until(() => has(victim), this.#plan.roundLimitMs, this.#hopeless);
      await this.#atRest(victims);
      this.#kill(victim);
      const noticed = () => this.#survivors().every((name) => this.#sawDie(name, victim));
      await this.#watch.until(noticed, this.#plan.roundLimitMs, this.#hopeless);
    }
  }

  #survivors(): string[] {
    return this.#roles.filter(({ victim }) => !victim).map((role) => this.#nameOf(role));
  }

  #sawDie(name: string, victim: string): boolean {
    return this.#watch
      .notesOf(name)
      .some((note) => note.what === 'saw' && isDeath(note) && note.from === victim);
  }

  #kill(name: string): void {
    const pid = this.#watch.notesOf(name).find((note) => note.what === 'started')?.pid;
    if (pid === undefined) return;
    this.#kills.set(name, process.hrtime.bigint());
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      this.#plan.tell(`${name} had ended before it was killed: ${(error as Error).message}`);
    }
  }

  async #end(): Promise<void> {
    if (this.#plan.signal.aborted) return;
    await this.#seeder.emit((sent) => endEvent(this.#run, sent));
    const all = Promise.all(this.#actors.map(({ ended }) => ended));
    await Promise.race([all, pause(END_LIMIT_MS, undefined, { ref: false })]);
    this.#watch.look();
  }

  async #result(seconds: number): Promise<StepResult> {
    const players = await Promise.all(this.#actors.map((actor, at) => this.#player(actor, at)));
    const families = this.#plan.families.map(({ name }) => name);
    const killed = this.#kills.size > 0;
    const bad = players.filter(({ victim, exit }) => !victim && exit !== 0);
    return {
      n: this.#plan.count,
      rounds: this.#rounds,
      seconds,
      agents: players.map(({ name, family, victim }) => ({
        name,
        family,
        killed: victim && killed,
      })),
      invariants: await this.#invariants(players),
      latency: latenciesOf(players, families, this.#kills),
      entries: this.#entries(),
      stopped: this.#plan.signal.aborted ? 'interrupted' : this.#stopped,
      last_words: Object.fromEntries(
        bad.map(({ name }) => [name, this.#troupe.lastWords(name)] as const),
      ),
    };
  }

  /** Of a run that was interrupted nothing can be said. */
  async #invariants(players: readonly Player[]): Promise<readonly Invariant[]> {
    if (this.#plan.signal.aborted) return [];
    const log = await this.#seeder.log(this.#run);
    const families = this.#plan.families.map(({ name }) => name);
    const killed = this.#kills.size > 0;
    return checkAll({ players, log, rounds: this.#rounds, killed, families });
  }

  async #player(actor: Actor, at: number): Promise<Player> {
    const { name, family } = actor.part;
    const exit = await Promise.race([actor.ended, Promise.resolve(null)]);
    return {
      name,
      family,
      victim: this.#roles[at]?.victim === true,
      notes: this.#watch.notesOf(name),
      damaged: this.#watch.damagedOf(name),
      exit,
    };
  }

  #entries(): Entry[] {
    return this.#names().flatMap((agent) =>
      this.#watch
        .notesOf(agent)
        .flatMap((note) =>
          note.what === 'used' ? [{ agent, program: note.program, usage: note.usage }] : [],
        ),
    );
  }

  #names(): string[] {
    return this.#roles.map((role) => this.#nameOf(role));
  }

  #nameOf({ short }: Role): string {
    return `${this.#run}.${short}`;
  }
}
