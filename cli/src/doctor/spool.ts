/** The spool: nothing waits in it that the daemon should have taken, nothing was refused. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '@waitbus/plugin-sdk/envelope';
import { UNFINISHED_PREFIX } from '../spool/spool.js';
import { ok, warning, type Finding } from './finding.js';

/** A daemon looks at the spool once a minute, and whenever a file appears. */
const TAKEN_WITHIN_MS = 2 * 60_000;
/** A producer that is still writing after this time was killed. */
const WRITTEN_WITHIN_MS = 60 * 60_000;

/** @param serves whether a daemon takes the spool in */
export function checkSpool(directory: string, serves: boolean, now: number): Finding[] {
  const waiting = filesIn(directory, now);
  const late = waiting.filter(({ name, ageMs }) => isWhole(name) && ageMs > TAKEN_WITHIN_MS);
  const cut = waiting.filter(
    ({ name, ageMs }) => name.startsWith(UNFINISHED_PREFIX) && ageMs > WRITTEN_WITHIN_MS,
  );
  const rejected = filesIn(join(directory, 'rejected'), now).filter(({ name }) => isWhole(name));
  const findings: Finding[] = [];
  if (serves && late.length > 0) {
    const message = `${counted(late.length)} in ${directory} that the daemon could not take in`;
    findings.push(warning('spool', message, 'waitbus status shows where the daemon logs why'));
  }
  if (cut.length > 0) {
    const message = `${counted(cut.length)} that a killed producer left unfinished in ${directory}`;
    const remedy = `rm ${cut.map(({ name }) => shellWord(join(directory, name))).join(' ')}`;
    findings.push(warning('spool', message, remedy));
  }
  if (rejected.length > 0) {
    const where = join(directory, 'rejected');
    const message = `${counted(rejected.length)} in ${where} that were refused, each with its reason beside it`;
    findings.push(warning('spool', message, `ls ${shellWord(where)}`));
  }
  if (findings.length > 0) return findings;
  const rest = waiting.filter(({ name }) => isWhole(name)).length;
  return [ok('spool', rest === 0 ? 'empty' : `${counted(rest)} for the daemon to take in`)];
}

function isWhole(name: string): boolean {
  return name.endsWith('.ndjson') && !name.startsWith(UNFINISHED_PREFIX);
}

function counted(count: number): string {
  return `${count} file${count === 1 ? '' : 's'}`;
}

function filesIn(directory: string, now: number): { name: string; ageMs: number }[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((name) => {
    // One may be taken in meanwhile.
    const stat = statSync(join(directory, name), { throwIfNoEntry: false });
    return stat?.isFile() === true ? [{ name, ageMs: now - stat.mtimeMs }] : [];
  });
}
