/**
 * The token that GitHub is asked with: a granted secret, else the environment, else what the `gh`
 * command has, else none. It is sent in a header only and never logged.
 */
import { execFile } from 'node:child_process';
import type { SourceContext } from '@waitbus/plugin-sdk';
import { granted } from '../granted.js';

export const TOKEN_SECRET = 'github-token';

export interface Token {
  readonly value: string;
  /** For people. */
  readonly from: string;
}

/** How long `gh` may take: it may ask a keyring, which may ask a person. */
const GH_LIMIT_MS = 5000;

export interface TokenSurroundings {
  readonly secret: SourceContext['secret'];
  readonly env: NodeJS.ProcessEnv;
  /** Of the API. */
  readonly host: string;
}

/** Asked anew when one is no longer taken: `gh` may have another by then. */
export async function findToken({ secret, env, host }: TokenSurroundings): Promise<Token | null> {
  const kept = clean(granted(secret, TOKEN_SECRET).value ?? '');
  if (kept !== null) return { value: kept, from: `the secret ${TOKEN_SECRET}` };
  const own = clean(env['GITHUB_TOKEN'] ?? '');
  if (own !== null) return { value: own, from: 'GITHUB_TOKEN' };
  const hostname = host === 'api.github.com' ? 'github.com' : host.replace(/:\d+$/, '');
  const theirs = clean(await askGh(['auth', 'token', '--hostname', hostname], env));
  return theirs === null ? null : { value: theirs, from: 'gh' };
}

/** A header takes no line break; what has one in the middle is no token. */
function clean(text: string): string | null {
  const token = text.trim();
  return /^[\x21-\x7e]+$/.test(token) ? token : null;
}

/** @returns '' without `gh`, or when it has no token */
function askGh(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    const options = { env, timeout: GH_LIMIT_MS, killSignal: 'SIGKILL' } as const;
    try {
      execFile('gh', [...args], options, (error, stdout) => resolve(error === null ? stdout : ''));
    } catch {
      // It may not be started at all, under a stricter permission model say.
      resolve('');
    }
  });
}
