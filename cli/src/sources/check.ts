/**
 * Whether a source could see events now: activates it as a wait does, and tells when it is ready, or
 * what keeps it from that and the command that mends it.
 */
import { stream, type SourceStateFrame, type WaitNoteFrame } from '../client/stream.js';
import type { ReachOptions } from '../client/reach.js';
import { checkShell } from '../pytest/shell-check.js';
import { shellEnvironment } from './shell-env.js';
import type { SourceFacts } from './facts.js';

export interface CheckOptions extends ReachOptions {
  /** The directory that a source such as fs is to watch. */
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Where a person would turn an emit-only source on. */
  readonly env: NodeJS.ProcessEnv;
}

export interface SourceCheck {
  readonly source: string;
  readonly ok: boolean;
  readonly state: 'ready' | 'emit-only' | 'disabled' | 'failed' | 'quarantined' | 'timeout';
  /** How it observes, or what keeps it from that. */
  readonly detail: string;
  /** What to do; empty when there is nothing to do. */
  readonly remedy: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** @throws WaitbusError when no daemon can be had, or it does not know the source */
export async function checkSource(facts: SourceFacts, options: CheckOptions): Promise<SourceCheck> {
  const { name, manifest, quarantine } = facts.source;
  const started = performance.now();
  const end = (state: SourceCheck['state'], detail: string, remedy: string): SourceCheck => ({
    source: name,
    ok: state === 'ready' || state === 'emit-only',
    state,
    detail,
    remedy,
    ms: Math.round(performance.now() - started),
  });
  if (facts.setup === 'disabled') {
    return end('disabled', 'it is disabled in the configuration', `waitbus source enable ${name}`);
  }
  if (quarantine !== null) return end('quarantined', quarantine.reason, quarantine.remedy);
  if (manifest.entry === undefined) {
    const { ok, detail, remedy } = await turnOn(facts, options);
    return end(ok ? 'emit-only' : 'failed', detail, remedy);
  }
  const { last, broken } = await observe(name, options);
  switch (last?.state) {
    case 'running':
      if (broken !== null) return end('failed', broken.detail, broken.remedy);
      return end('ready', last.detail, hint(facts));
    case 'failed':
    case 'quarantined':
      return end(last.state, last.detail, last.remedy);
    default: {
      const seconds = options.timeoutMs / 1000;
      const why = last === null || last.detail === '' ? '' : `: ${last.detail}`;
      const remedy = last?.remedy || 'waitbus status shows its state and where the daemon logs.';
      return end('timeout', `it was not ready within ${seconds} s${why}`, remedy);
    }
  }
}

/** What is worth knowing of one that is ready. */
function hint({ source, setup }: SourceFacts): string {
  if (setup !== 'needs setup') return '';
  return `it runs only while somebody waits on it; always, after: waitbus source enable ${source.name}`;
}

interface Observed {
  /** That it runs, that it cannot, or where it stood when time was up. */
  readonly last: SourceStateFrame | null;
  /** What it says does not work, though it runs. */
  readonly broken: WaitNoteFrame | null;
}

/** The last that was heard of it: what it has to say of a wait comes before it is said to run. */
async function observe(name: string, options: CheckOptions): Promise<Observed> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  let last: SourceStateFrame | null = null;
  let broken: WaitNoteFrame | null = null;
  for await (const frame of stream({ sources: [name], cwd: options.cwd }, { ...options, signal })) {
    if (frame.kind === 'wait_note' && isBroken(frame)) broken = frame;
    if (frame.kind !== 'source_state') continue;
    last = frame;
    if (frame.state === 'running' || frame.state === 'quarantined') break;
    if (frame.state === 'failed') break;
    // It said itself what it lacks: trying again does not bring that about.
    if (frame.state === 'starting' && frame.remedy !== '') {
      return { last: { ...frame, state: 'failed' }, broken };
    }
  }
  return { last, broken };
}

function isBroken({ level, data }: WaitNoteFrame): boolean {
  const isOver = level === 'cleared';
  return !isOver && (data as { readonly broken?: unknown } | undefined)?.broken === true;
}

/** Sources whose programs can be asked whether they would report, by starting them. */
const SHELL_CHECKS = new Map([['pytest', checkShell]]);

async function turnOn(
  { source }: SourceFacts,
  { env, timeoutMs }: CheckOptions,
): Promise<{ ok: boolean; detail: string; remedy: string }> {
  const { name, manifest } = source;
  if (manifest.shellEnv === undefined) {
    const [type = 'TYPE'] = manifest.eventTypes;
    return {
      ok: true,
      detail: 'programs emit under its name',
      remedy: `waitbus emit --source ${name} --event-type ${type}`,
    };
  }
  const wanted = Object.entries(await shellEnvironment(name, env));
  if (wanted.every(([key, value]) => env[key] === value)) {
    const on = 'programs of this shell emit under its name';
    const check = SHELL_CHECKS.get(name);
    if (check === undefined) return { ok: true, detail: on, remedy: '' };
    const { ok, detail, remedy } = await check(env, timeoutMs);
    return { ok, detail: ok ? `${on}: ${detail}` : detail, remedy };
  }
  return {
    ok: true,
    detail: 'programs emit under its name, once it is turned on in their shell',
    remedy: `eval "$(waitbus source env ${name})"`,
  };
}
