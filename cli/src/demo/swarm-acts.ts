/**
 * The acts of the swarm's demo: one seed to which all react, two who want one file, one who is
 * killed. What is shown is what the agents' own journals say.
 */
import { join } from 'node:path';
import { listClaims } from '../client/claim.js';
import { castOf } from '../stress/cast.js';
import { wallOffset } from '../stress/clock.js';
import type { Family } from '../stress/families.js';
import { isDeath } from '../stress/invariants.js';
import type { Note } from '../stress/journal.js';
import type { Seeder } from '../stress/seeder.js';
import { claimEvent, endEvent, seedEvent } from '../stress/swarm.js';
import type { Actor, Troupe } from '../stress/troupe.js';
import { Watch } from '../stress/watch.js';
import { elapsed, type Narrator } from './narrator.js';

type Saw = Extract<Note, { what: 'saw' }>;

const RUN = 'demo';
const AGENTS = 5;
/** What has not happened by then does not; the whole is to take less than 40 s. */
const LIMIT_MS = 10_000;

export class SwarmActs {
  readonly #narrator: Narrator;
  readonly #troupe: Troupe;
  readonly #seeder: Seeder;
  readonly #families: readonly Family[];
  readonly #interrupted: AbortSignal;
  #actors: readonly Actor[] = [];
  #watch = new Watch(new Map(), 0n);
  #holder: Actor | null = null;
  #failures = 0;

  constructor(
    narrator: Narrator,
    troupe: Troupe,
    seeder: Seeder,
    families: readonly Family[],
    interrupted: AbortSignal,
  ) {
    this.#narrator = narrator;
    this.#troupe = troupe;
    this.#seeder = seeder;
    this.#families = families;
    this.#interrupted = interrupted;
  }

  /** @returns whether everything happened that is shown */
  async play(): Promise<boolean> {
    for (const act of [this.#enter, this.#oneSeed, this.#oneFile, this.#oneDeath]) {
      if (this.#interrupted.aborted) return false;
      await act.call(this);
      await this.#narrator.pace();
    }
    await this.#seeder.emit((sent) => endEvent(RUN, sent));
    await this.#until(() => this.#actors.every(({ hasEnded }) => hasEnded()));
    return this.#failures === 0;
  }

  async #enter(): Promise<void> {
    this.#narrator.heading(`${AGENTS} agents, each a process of its own`);
    const present = this.#families.filter(({ absent }) => absent === null);
    const cast = castOf(
      present.map(({ name }) => name),
      AGENTS,
      0,
    );
    const names = cast.map(({ short }) => `${RUN}.${short}`);
    this.#watch = new Watch(
      new Map(names.map((name) => [name, this.#troupe.journalOf(name)])),
      wallOffset(),
    );
    const cursor = await this.#seeder.head();
    this.#actors = cast.flatMap(({ family: wanted }, at) => {
      const family = present.find(({ name }) => name === wanted);
      const name = names[at] ?? '';
      const journal = this.#troupe.journalOf(name);
      const part = { run: RUN, name, family: wanted, journal, cursor };
      return family === undefined ? [] : [this.#troupe.enter(family, part)];
    });
    await this.#untilAllListen(AGENTS);
    for (const actor of this.#actors) {
      this.#narrator.tells(
        `${shortOf(actor)}${actor.family.title.padEnd(30)}pid ${this.#pidOf(actor) ?? 'none'}`,
      );
    }
    for (const { name, absent } of this.#families) {
      if (absent !== null) this.#narrator.tells(`skipped: ${name}: ${absent}`);
    }
  }

  async #oneSeed(): Promise<void> {
    this.#narrator.heading('1. A turn is over somewhere else: all hear of it, and react');
    await this.#seeder.emit((sent) => seedEvent(RUN, 0, sent));
    const seed = (actor: Actor) => this.#sights(actor).find(({ phase }) => phase === 'seed');
    const heard = (actor: Actor) =>
      new Set(
        this.#sights(actor)
          .filter(({ phase, from }) => phase === 'reaction' && from !== actor.part.name)
          .map(({ from }) => from),
      ).size;
    await this.#until(() => this.#actors.every((actor) => heard(actor) === AGENTS - 1));
    for (const actor of this.#actors) this.#showAwake(actor, seed(actor), 'the seed');
    const all = this.#actors.reduce((sum, actor) => sum + heard(actor), 0);
    const wanted = AGENTS * (AGENTS - 1);
    this.#show(all === wanted, `${all} of ${wanted} reactions were heard by the others`);
  }

  async #oneFile(): Promise<void> {
    this.#narrator.heading('2. Two of them want the same file');
    const path = join(this.#troupe.work, 'config.yaml');
    const [first, second] = this.#claimants();
    if (first === undefined || second === undefined) return this.#show(false, 'nobody can claim');
    await this.#seeder.emit((sent) => claimEvent(RUN, first.part.name, path, sent));
    const claimed = () => this.#notes(first).some(({ what }) => what === 'claimed');
    this.#show(await this.#until(claimed), `${shortOf(first)}claimed config.yaml`);
    await this.#untilAllListen(AGENTS);
    await this.#seeder.emit((sent) => claimEvent(RUN, second.part.name, path, sent));
    const answer = () => this.#notes(second).find((note) => note.what === 'backed_off');
    await this.#until(() => answer() !== undefined);
    const by = answer()?.by ?? 'nobody';
    this.#show(
      by === first.part.name,
      `${shortOf(second)}backed off: it is claimed by ${by.replace(`${RUN}.`, '')}`,
    );
    this.#holder = first;
  }

  async #oneDeath(): Promise<void> {
    this.#narrator.heading('3. The one that holds the file is killed');
    const victim = this.#holder;
    const pid = victim === null ? undefined : this.#pidOf(victim);
    if (victim === null || pid === undefined) return this.#show(false, 'nobody holds it');
    await this.#untilAllListen(AGENTS);
    await this.#narrator.pace();
    this.#narrator.shows(`kill -9 ${pid}`);
    const killed = process.hrtime.bigint();
    process.kill(pid, 'SIGKILL');
    const survivors = this.#actors.filter((actor) => actor !== victim);
    const death = (actor: Actor) =>
      this.#sights(actor).find((saw) => isDeath(saw) && saw.from === victim.part.name);
    await this.#until(() => survivors.every((actor) => death(actor) !== undefined));
    for (const actor of survivors) {
      const saw = death(actor);
      const found = saw === undefined ? undefined : { ...saw, sent: killed };
      this.#showAwake(actor, found, 'the kill');
    }
    const held = await listClaims({ paths: this.#troupe.paths, autostart: false });
    this.#show(held.length === 0, 'its claim is free again');
  }

  #showAwake(actor: Actor, saw: Saw | undefined, after: string): void {
    const sent = saw?.sent ?? null;
    if (saw === undefined || sent === null) this.#show(false, `${shortOf(actor)}did not wake`);
    else this.#show(true, `${shortOf(actor)}awake ${elapsed(sent, saw.at)} after ${after}`);
  }

  #show(holds: boolean, text: string): void {
    if (holds) this.#narrator.succeeds(text);
    else {
      this.#failures += 1;
      this.#narrator.fails(text);
    }
  }

  /** Two who claim in ways of their own, as far as there are. */
  #claimants(): Actor[] {
    const able = this.#actors.filter(({ family }) => family.claims);
    const first = able[0];
    const other = able.find(({ family }) => family !== first?.family) ?? able[1];
    return [first, other].filter((actor) => actor !== undefined);
  }

  async #untilAllListen(count: number): Promise<void> {
    const listening = async () => (await this.#seeder.subscribers()) >= count;
    const all = await this.#watch.until(listening, LIMIT_MS, () => this.#interrupted.aborted);
    if (!all) this.#show(false, 'not all of them listen');
  }

  #until(condition: () => boolean): Promise<boolean> {
    return this.#watch.until(condition, LIMIT_MS, () => this.#interrupted.aborted);
  }

  #pidOf(actor: Actor): number | undefined {
    return this.#notes(actor).find((note) => note.what === 'started')?.pid;
  }

  #notes({ part }: Actor): readonly Note[] {
    return this.#watch.notesOf(part.name);
  }

  #sights(actor: Actor): Saw[] {
    return this.#notes(actor).filter((note) => note.what === 'saw');
  }
}

function shortOf({ part }: Actor): string {
  return part.name.slice(RUN.length + 1).padEnd(13);
}
