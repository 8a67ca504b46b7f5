/**
 * The events of the source agent that hooks become: one vocabulary over all harnesses, so that one
 * predicate hears of the end of anybody's turn. Pure.
 */
import type { Envelope, HarnessName, HookReport, Json } from './contract.js';

/** As an agent's name allows it behind `harness:`, which has at most 64 characters in all. */
const SESSION_CHARACTERS = 52;
const LINE_CHARACTERS = 160;
const FIELD_CHARACTERS = 1000;
const PATH_CHARACTERS = 4096;
const KEY_CHARACTERS = 120;

/** What makes an end of a turn the same one when it is told twice; absent: every telling counts. */
export type Key = string | undefined;

export class SessionReport {
  readonly #harness: HarnessName;
  readonly #session: string;
  readonly #cwd: string;

  /** @param id the session's, as the harness has it */
  constructor(harness: HarnessName, id: string | undefined, cwd: string) {
    this.#harness = harness;
    this.#session = sessionName(id);
    this.#cwd = clean(cwd, PATH_CHARACTERS);
  }

  /** @param how startup, resume, clear ... */
  started(how: string | undefined, key?: Key): Envelope {
    return this.#event('agent_started', 'session', 'started a session', key, {
      status: 'in_progress',
      reason: how,
    });
  }

  ended(reason: string | undefined, key?: Key): Envelope {
    return this.#event('agent_finished', 'session', 'ended its session', key, {
      status: 'completed',
      conclusion: 'success',
      reason,
    });
  }

  turnFinished(key?: Key): Envelope {
    return this.#event('agent_finished', 'turn', 'finished a turn', key, {
      status: 'completed',
      conclusion: 'success',
    });
  }

  /** @param conclusion cancelled when the user stopped it */
  turnFailed(
    reason: string | undefined,
    conclusion: 'failure' | 'cancelled' = 'failure',
    key?: Key,
  ): Envelope {
    const what = conclusion === 'cancelled' ? 'was stopped' : 'failed';
    const why = reason === undefined ? '' : `: ${reason}`;
    return this.#event('agent_failed', 'turn', `${what}${why}`, key, {
      status: 'completed',
      conclusion,
      reason,
    });
  }

  subagentStarted(id: string | undefined, type: string | undefined, key?: Key): Envelope {
    return this.#event('agent_started', 'subagent', `started ${nameOf(type)}`, key, {
      status: 'in_progress',
      subagent: id ?? 'unknown',
      subagent_type: type,
    });
  }

  subagentFinished(id: string | undefined, type: string | undefined, key?: Key): Envelope {
    return this.#event('agent_finished', 'subagent', `finished ${nameOf(type)}`, key, {
      status: 'completed',
      conclusion: 'success',
      subagent: id ?? 'unknown',
      subagent_type: type,
    });
  }

  /** @param what the tool that is to be permitted, or what the harness says for people */
  waiting(what: 'permission' | 'input', detail: string | undefined, key?: Key): Envelope {
    const shown = detail === undefined ? '' : `: ${detail}`;
    return this.#event('agent_waiting', 'turn', `waits for ${what}${shown}`, key, {
      status: 'waiting',
      waits_for: what,
      reason: detail,
    });
  }

  edited(path: string, tool: string | undefined, key?: Key): Envelope {
    return this.#event('agent_edited', 'turn', `edited ${path}`, key, {
      path: clean(path, PATH_CHARACTERS),
      tool,
    });
  }

  /** What one hook says; by itself it neither wakes nor informs. */
  of(events: readonly Envelope[], may: Partial<HookReport> = {}): HookReport {
    return {
      session: this.#session,
      events,
      canWake: may.canWake ?? false,
      loop: may.loop ?? false,
      canInform: may.canInform ?? false,
      introduce: may.introduce ?? false,
      idle: may.idle ?? false,
    };
  }

  /** The first hook of a session, or one after which the model has forgotten the first. */
  introduced(events: readonly Envelope[]): HookReport {
    return this.of(events, { canInform: true, introduce: true });
  }

  #event(
    type: string,
    scope: string,
    what: string,
    key: Key,
    fields: Readonly<Record<string, Json | undefined>>,
  ): Envelope {
    const name = `${this.#harness}:${this.#session}`;
    const known = Object.entries(fields).filter(([, value]) => value !== undefined);
    const short = known.map(([name, value]): [string, Json] => [
      name,
      typeof value === 'string' && name !== 'path'
        ? clean(value, FIELD_CHARACTERS)
        : (value ?? null),
    ]);
    return {
      source: 'agent',
      event_type: type,
      ...(key === undefined ? {} : { delivery_id: deliveryId(name, type, key) }),
      summary: `${name} ${clean(what, LINE_CHARACTERS).replaceAll('\n', ' ')}`,
      fields: {
        msg_from: name,
        harness: this.#harness,
        session: this.#session,
        cwd: this.#cwd,
        scope,
        ...Object.fromEntries(short),
      },
      ingest_method: 'hook',
    };
  }
}

/** A session's id as part of an agent's name; `unknown` for a harness that gives none. */
export function sessionName(id: string | undefined): string {
  const name = (id ?? '').replace(/[^A-Za-z0-9._@-]/g, '-').slice(0, SESSION_CHARACTERS);
  return name === '' ? 'unknown' : name;
}

/** A short number of a text, to tell it from others in a key. FNV-1a. */
export function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

function deliveryId(name: string, type: string, key: string): string {
  const short = clean(key, KEY_CHARACTERS);
  // Cut, it could be that of another.
  const mark = short === key ? '' : `:${fingerprint(key)}`;
  return `hook:${name}:${type}:${short}${mark}`;
}

function nameOf(type: string | undefined): string {
  return type === undefined ? 'a subagent' : `the subagent ${type}`;
}

/** Cut, and without halves of characters, which UTF-8 cannot carry. */
function clean(text: string, characters: number): string {
  return text.slice(0, characters).toWellFormed();
}
