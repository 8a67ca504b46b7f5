/** `waitbus plugin audit`: whether what is installed is what was agreed to, for people and for CI. */
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { audit, type Audit, type AuditOptions } from '../../plugins/audit.js';
import { gatherEvidence, registryAnswer } from '../../plugins/evidence.js';
import { worst } from '../../plugins/exit-codes.js';
import { textOf } from '../../plugins/lock-store.js';
import { toSarif } from '../../plugins/sarif.js';
import { say, UsageError } from '../../terminal/exit.js';
import { printText } from '../../terminal/print.js';
import { workingDirectory } from '../../working-directory.js';
import { committedLockfile, COMMON, lockfileOf, sigstoreCache } from './context.js';

export const help = `usage: waitbus plugin audit [--ci] [--json | --sarif] [--online] [options]

Compares every installed package, and all that it depends on, with plugins.lock.json, byte for byte.
Never asks, never writes, runs nothing; offline unless told otherwise.

  --ci                       take the lock of the working directory, if it has one
  --lockfile PATH            the lock (also WAITBUS_LOCKFILE)
  --json                     the findings as one JSON object, the same bytes for the same state
  --sarif                    the findings as SARIF 2.1.0, for code-scanning pages
  --online                   also compare with what the registry has now, and verify anew the
                             attestations that pins speak of; 69 if it cannot be asked
  --require-evidence LEVEL   provenance or registry: a weaker pin is a finding; provenance is
                             fetched and verified, as with --online

exit codes, the worst finding decides: 76 > 77 > 78 > 66 > 65 > 69
  0 all verified   65 pin malformed, or required evidence absent   66 lock or package missing
  69 registry unreachable   76 bytes or publisher differ   77 consent missing   78 conflict

examples
  waitbus plugin install --frozen && waitbus plugin audit --ci --json
  waitbus plugin audit --ci --sarif > waitbus.sarif`;

const LEVELS = ['provenance', 'registry'] as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      ...COMMON,
      ci: { type: 'boolean' },
      json: { type: 'boolean' },
      sarif: { type: 'boolean' },
      online: { type: 'boolean' },
      'require-evidence': { type: 'string' },
    },
  });
  if (values.json === true && values.sarif === true)
    throw new UsageError('--json or --sarif, not both');
  const required = values['require-evidence'];
  const requireEvidence = LEVELS.find((level) => level === required) ?? null;
  if (required !== undefined && requireEvidence === null) {
    throw new UsageError(`--require-evidence ${required} is not one of ${LEVELS.join(', ')}`);
  }
  const paths = resolvePaths();
  // A lock can say anything of its publishers: that they did publish, only an attestation shows.
  const online = values.online === true || requireEvidence === 'provenance';
  const find = values.ci === true ? committedLockfile : lockfileOf;
  const { version } = findInstallation();
  const options: AuditOptions = {
    lockfile: find(values.lockfile, paths),
    pluginsDir: paths.plugins,
    versions: { waitbus: version, node: process.version },
    requireEvidence,
    askRegistry: online ? registryAnswer(gatherEvidence(sigstoreCache(paths))) : null,
  };
  const result = await audit(options);
  const code = worst(result.findings.map((finding) => finding.code));
  const { lockfile } = options;
  if (values.json === true) printText(JSON.stringify({ exit: code, ...result }, null, 2));
  else if (values.sarif === true) {
    const uri = relative(workingDirectory(), lockfile).split('\\').join('/');
    printText(JSON.stringify(toSarif(result, uri, textOf(lockfile) ?? '', version), null, 2));
  } else tell(result, lockfile, online);
  return code;
}

function tell({ plugins, findings }: Audit, lockfile: string, online: boolean): void {
  for (const { code, message, remedy } of findings) {
    say(`${code} ${message}`);
    if (remedy !== '') say(`   ${remedy}`);
  }
  if (findings.length > 0) return;
  const what = `${plugins.length} plugin${plugins.length === 1 ? '' : 's'} of ${lockfile}`;
  say(`${what} verified${online ? ', with the registry' : ''}`);
}
