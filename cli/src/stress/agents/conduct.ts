/**
 * How an agent of a swarm behaves, whatever it hears the bus through: it notes every event at the
 * moment it has it, reacts to each seed once, and ends at the end. What a family is made of are the
 * functions that it gives.
 */
import { claim, WaitbusError, type Envelope, type EventFrame } from '../../client/index.js';
import { partFromEnv, reactionEvent, seederOf, type Part } from '../swarm.js';
import { Notebook } from './notebook.js';

export type Heard = Pick<EventFrame, 'event_id' | 'event_type' | 'fields'>;

export interface Means {
  /** @returns the id under which it was stored */
  readonly emit: (event: Envelope) => Promise<string>;
  /** What it does with a seed before it answers: what it says. */
  readonly think?: (seed: Heard, conduct: Conduct) => Promise<string>;
}

export class Conduct {
  readonly part: Part;
  readonly notebook: Notebook;
  readonly #means: Means;

  constructor(means: Means, env: NodeJS.ProcessEnv = process.env) {
    this.part = partFromEnv(env);
    this.notebook = new Notebook(this.part.journal);
    this.#means = means;
    this.notebook.write({ what: 'started', pid: process.pid });
    leash();
  }

  /** @returns false when it is over */
  async hear(event: Heard, at = process.hrtime.bigint()): Promise<boolean> {
    this.notebook.saw(event, at);
    const { fields } = event;
    if (fields['msg_from'] !== seederOf(this.part.run)) return true;
    if (fields['swarm_phase'] === 'end') {
      this.notebook.write({ what: 'ended' });
      return false;
    }
    if (fields['swarm_phase'] === 'seed') void this.#react(event);
    const { swarm_phase: phase, swarm_to: to, path } = fields;
    if (phase === 'claim' && to === this.part.name && typeof path === 'string') {
      await this.#claim(path);
    }
    return true;
  }

  async #react(seed: Heard): Promise<void> {
    const { name } = this.part;
    const { swarm_round: round, swarm_hold: hold } = seed.fields;
    // In the middle of its turn, for good.
    if (typeof hold === 'string' && hold.split(',').includes(name)) return;
    try {
      const said = (await this.#means.think?.(seed, this)) ?? '';
      const reaction = reactionEvent(name, Number(round), process.hrtime.bigint(), said);
      const id = await this.#means.emit(reaction);
      this.notebook.write({ what: 'reacted', round, id });
    } catch (error) {
      this.notebook.write({ what: 'error', text: String(error) });
    }
  }

  async #claim(path: string): Promise<void> {
    try {
      await claim({ path, as: this.part.name });
      this.notebook.write({ what: 'claimed', path, at: process.hrtime.bigint() });
    } catch (error) {
      if (!(error instanceof WaitbusError) || error.code !== 'WAITBUS_CLAIMED') throw error;
      const by = /(?:claimed|waited for) by (\S+)/.exec(error.message)?.[1] ?? error.message;
      this.notebook.write({ what: 'backed_off', path, by, at: process.hrtime.bigint() });
    }
  }
}

/** The run holds the other end of our stdin: when it is gone, so are we. */
function leash(): void {
  process.stdin.resume();
  process.stdin.once('close', () => process.exit(1));
}

/** Runs an agent to its end; what goes wrong is in its journal as well. */
export async function perform(means: Means, live: (conduct: Conduct) => Promise<void>) {
  const conduct = new Conduct(means);
  try {
    await live(conduct);
    process.exit(0);
  } catch (error) {
    conduct.notebook.write({ what: 'error', text: String(error) });
    process.exit(1);
  }
}
