/**
 * Where an act plays: a sandbox with a daemon, load programs that keep ledgers, random choices from
 * one seed, and the checker that decides in the end.
 */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { compileInto } from '../support/compile.js';
import { randomOf } from '../support/property.js';
import { REPO, Sandbox, type Running } from '../support/sandbox.js';
import { WireClient, type Frame } from '../support/wire.js';
import { runChecker, type Checked } from './checked.js';
import type { ProducerOptions } from './load/producer.js';
import type { SubscriberOptions } from './load/subscriber.js';
import { Program } from './program.js';

const LOAD = fileURLToPath(new URL('load', import.meta.url));
/** What every subscriber hears besides its own: the event that ends an act. */
const MARKER = 'fields.bucket=-1';

export type ProducerSettings = Partial<Omit<ProducerOptions, 'socket' | 'name' | 'ledger'>>;
export type SubscriberSettings = Partial<Omit<SubscriberOptions, 'socket' | 'name' | 'ledger'>>;

export class Stage {
  readonly box: Sandbox;
  readonly random: (below: number) => number;
  readonly ledgers: string;
  readonly #load: string;
  readonly #daemons: Running[] = [];
  readonly #producers = new Set<Program>();
  readonly #subscribers = new Set<Program>();
  /** Where the page begins that the checker looks at. */
  since = FIRST_ULID;

  private constructor(seed: number) {
    // Whatever starts or restarts the daemon, it is the act.
    this.box = new Sandbox({ WAITBUS_NO_AUTOSTART: '1' });
    this.random = randomOf(seed);
    this.ledgers = join(this.box.work, 'ledgers');
    mkdirSync(this.ledgers);
    this.#load = join(this.box.directory, 'load');
    symlinkSync(join(REPO, 'node_modules'), join(this.box.directory, 'node_modules'));
  }

  static async open(seed: number): Promise<Stage> {
    const stage = new Stage(seed);
    await compileInto(stage.#load, LOAD);
    return stage;
  }

  /** The daemon that was started last. */
  get daemon(): Running {
    const daemon = this.#daemons.at(-1);
    assert.ok(daemon, 'a daemon was started');
    return daemon;
  }

  get daemonPid(): number {
    return this.daemon.child.pid ?? 0;
  }

  /** Starts a daemon without waiting for it. */
  launchDaemon(): Running {
    const daemon = this.box.waitbus(['daemon', '--log-level', 'debug']);
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Of several that were launched, this is the one that is killed and asked from now on. */
  serves(daemon: Running): void {
    this.#daemons.splice(this.#daemons.indexOf(daemon), 1);
    this.#daemons.push(daemon);
  }

  /** Starts a daemon and resolves once it serves. */
  async startDaemon(): Promise<void> {
    await this.launchDaemon().says(/"msg":"serving"/);
  }

  async killDaemon(): Promise<void> {
    this.daemon.child.kill('SIGKILL');
    await this.daemon.ended;
  }

  /** A producer; it begins as soon as it can. */
  producer(name: string, settings: ProducerSettings = {}): Program {
    const options: ProducerOptions = {
      unit: 1,
      window: 16,
      pad: 200,
      largeEvery: 0,
      everyMs: 0,
      count: 0,
      dieInsideFrameAfter: 0,
      ...settings,
      socket: this.box.paths.socket,
      name,
      ledger: this.ledger(name, 'producer'),
    };
    const program = this.program('producer', name, options);
    this.#producers.add(program);
    return program;
  }

  /** Subscribers; resolves once all of them are acknowledged. */
  subscriber(name: string, settings: SubscriberSettings = {}): Promise<Program> {
    return this.#subscribe('subscriber', name, settings);
  }

  /** A subscriber through the client library, from the beginning of the log. */
  librarySubscriber(name: string): Promise<Program> {
    return this.#subscribe('library-subscriber', name, {});
  }

  async #subscribe(file: string, name: string, settings: SubscriberSettings): Promise<Program> {
    const { match = [], anyOf = [], ...rest } = settings;
    const options: SubscriberOptions = {
      copies: 1,
      freshEvery: 0,
      since: null,
      restMs: 0,
      ...rest,
      // Equalities on one key are alternatives, so this widens what was asked for.
      match: match.length === 0 ? [] : [...match, MARKER],
      anyOf: anyOf.length === 0 ? [] : [...anyOf, [MARKER]],
      socket: this.box.paths.socket,
      name,
      ledger: this.ledger(name, 'subscriber'),
    };
    const program = this.program(file, name, options);
    this.#subscribers.add(program);
    await program.says('ready');
    return program;
  }

  /** Starts a program of `load/`. */
  program(file: string, name: string, options: object): Program {
    const args = [join(this.#load, `${file}.mjs`), JSON.stringify(options)];
    const running = this.box.start(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    return new Program(name, running);
  }

  ledger(name: string, kind: 'producer' | 'subscriber' | 'wills'): string {
    return join(this.ledgers, `${name}.${kind}`);
  }

  /** A program that was killed on purpose: nothing more is asked of it. */
  forget(program: Program): void {
    this.#producers.delete(program);
    this.#subscribers.delete(program);
  }

  /** Ends the load in order, lets every subscriber come to the end, and has the checker decide. */
  async finish(): Promise<Checked> {
    await this.stopProducers();
    await this.reach(await this.emitEnd(), this.#subscribers);
    return this.check();
  }

  /** Finishes, and begins a new page: what follows is checked by itself, from the end on. */
  async turnPage(): Promise<Checked> {
    await this.stopProducers();
    const end = await this.emitEnd();
    await this.reach(end, this.#subscribers);
    const checked = await this.check();
    this.#subscribers.clear();
    for (const file of readdirSync(this.ledgers)) rmSync(join(this.ledgers, file));
    this.since = end;
    return checked;
  }

  /** Resolves once these subscribers have everything up to an event. */
  async reach(end: string, subscribers: Iterable<Program>): Promise<void> {
    const all = [...subscribers];
    for (const subscriber of all) subscriber.tell(`until ${end}`);
    await Promise.all(all.map((subscriber) => subscriber.says('done')));
  }

  /** Resolves once all that was sent is acknowledged. */
  async stopProducers(): Promise<void> {
    for (const producer of this.#producers) producer.tell('stop');
    await Promise.all([...this.#producers].map((producer) => producer.says('stopped')));
    this.#producers.clear();
  }

  /** @throws AssertionError with what the checker says is wrong */
  check(): Promise<Checked> {
    return runChecker(this.box, this.ledgers, this.since);
  }

  async status(): Promise<Frame> {
    const client = await WireClient.open(this.box.paths.socket);
    const status = await client.request({ op: 'status' });
    client.close();
    return status;
  }

  /** Writes what the daemons logged beside the ledgers, for whoever looks into a failure. */
  async keep(): Promise<string> {
    this.box.kept = true;
    for (const { child } of this.#daemons) child.kill('SIGKILL');
    for (const [index, daemon] of this.#daemons.entries()) {
      const { stderr } = await daemon.ended;
      writeFileSync(join(this.box.work, `daemon-${index}.log`), stderr);
    }
    return this.box.directory;
  }

  /** Emits the event that every subscriber hears and that ends an act; returns its event_id. */
  async emitEnd(): Promise<string> {
    const ledger = this.ledger('stage', 'producer');
    appendFileSync(ledger, 'stage sent 1\n');
    const fields = { producer: 'stage', n: 0, bucket: -1 };
    const client = await WireClient.open(this.box.paths.socket);
    const { results } = await client.request({
      op: 'emit',
      events: [{ source: 'agent', event_type: 'agent_note', fields }],
    });
    client.close();
    const [{ event_id: id = '' } = {}] = results as { readonly event_id?: string }[];
    appendFileSync(ledger, `stage ack 0 ${id}\n`);
    return id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.box[Symbol.asyncDispose]();
  }
}
