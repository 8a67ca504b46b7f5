/** `waitbus release PATH`: ends a claim that another process of the same agent holds. */
import { parseArgs } from 'node:util';
import { ownName } from '../client/agent-name.js';
import { listClaims, releaseClaim } from '../client/claim.js';
import { canonicalPath } from '../client/claim-path.js';
import { EXIT, say, UsageError } from '../terminal/exit.js';

const OPTIONS = { as: { type: 'string' }, force: { type: 'boolean' } } as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) throw new UsageError('it takes one path');
  const path = canonicalPath(given);
  const as = values.force === true ? null : ownName(values.as, '--as', process.env);
  const claims = (await listClaims()).filter((one) => one.path === path);
  const held = claims.find(({ state }) => state !== 'waiting');
  if (held === undefined) {
    say(`waitbus release: nobody holds a claim of ${path}`);
    say('  waitbus claim --list shows who holds what');
    return EXIT.failure;
  }
  if (as !== null && held.by !== as) {
    say(`waitbus release: ${path} is claimed by ${held.by}, not by ${as}`);
    say('  waitbus release --force ends the claim of another');
    return EXIT.failure;
  }
  if (await releaseClaim(held)) return EXIT.ok;
  say(`waitbus release: the claim of ${path} has just ended`);
  return EXIT.ok;
}
