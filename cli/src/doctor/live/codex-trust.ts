/**
 * Whether Codex would run our hooks: it skips what its user has not trusted, without a word. Codex
 * itself says it (`hooks/list` of its app-server); without it, its configuration is looked into.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isObject } from '@waitbus/plugin-sdk/envelope';
import { ok, problem, warning, type Finding } from '../finding.js';

const LIMIT_MS = 15_000;
const CHECK = 'trust';
const REMEDY =
  'Start codex in a terminal and agree to the hooks that it asks about, or review them there with /hooks.';

export interface CodexHook {
  readonly command: string;
  readonly event: string;
  readonly enabled: boolean;
  /** trusted, untrusted, modified, managed */
  readonly trust: string;
}

/** Pure. */
export function judgeTrust(hooks: readonly CodexHook[]): Finding {
  const ours = hooks.filter(({ command }) => command.includes('hook codex'));
  if (ours.length === 0) {
    const message = 'codex knows no hook of waitbus here; it may not trust this folder';
    return problem(CHECK, message, REMEDY);
  }
  const runs = (hook: CodexHook) =>
    hook.enabled && (hook.trust === 'trusted' || hook.trust === 'managed');
  const skipped = ours.filter((hook) => !runs(hook));
  if (skipped.length === 0) return ok(CHECK, `codex trusts all ${ours.length} hooks`);
  const which = skipped.map(({ event, trust, enabled }) => `${event} ${enabled ? trust : 'off'}`);
  const message = `codex skips ${skipped.length} of ${ours.length} hooks without a word: ${which.join(', ')}`;
  return problem(CHECK, message, REMEDY);
}

/** @returns null when codex cannot be asked */
export function listCodexHooks(
  cwd: string,
  env: NodeJS.ProcessEnv,
  program = 'codex',
): Promise<readonly CodexHook[] | null> {
  return new Promise((resolve) => {
    const child = spawn(program, ['app-server'], { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
    const finish = (hooks: readonly CodexHook[] | null) => {
      clearTimeout(timer);
      child.kill();
      resolve(hooks);
    };
    const timer = setTimeout(finish, LIMIT_MS, null);
    child.once('error', () => finish(null));
    child.once('exit', () => finish(null));
    child.stdin.on('error', () => undefined);
    const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = parse(line);
      if (answer['id'] === 1) {
        send({ method: 'initialized' });
        send({ id: 2, method: 'hooks/list', params: { cwds: [cwd] } });
      } else if (answer['id'] === 2) finish(readHooks(answer['result']));
    });
    const clientInfo = { name: 'waitbus', title: 'waitbus doctor', version: '0' };
    send({ id: 1, method: 'initialize', params: { clientInfo } });
  });
}

/** Of Codex 0.169; null for what is none. Pure. */
export function readHooks(result: unknown): CodexHook[] | null {
  const data = isObject(result) ? result['data'] : undefined;
  if (!Array.isArray(data)) return null;
  return data.flatMap((place: unknown) => {
    const hooks = isObject(place) ? place['hooks'] : undefined;
    if (!Array.isArray(hooks)) return [];
    return hooks.filter(isObject).map((hook) => ({
      command: textOf(hook['command']),
      event: textOf(hook['eventName']),
      enabled: hook['enabled'] !== false,
      trust: textOf(hook['trustStatus']),
    }));
  });
}

/** Without codex on PATH: whether its configuration has trusted anything in our file. Pure. */
export function judgeConfig(config: string | null, hooksFile: string): Finding {
  const trusted = (config ?? '')
    .split('\n')
    .some((line) => line.startsWith('[hooks.state.') && line.includes(`${hooksFile}:stop:`));
  return trusted
    ? warning(
        CHECK,
        'codex is not on PATH to be asked; it trusted a hook of this file before',
        'Put codex on PATH and run this again.',
      )
    : problem(CHECK, 'codex has trusted no hook of this file, and would skip them', REMEDY);
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
