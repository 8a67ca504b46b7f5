/** Emits while no daemon can be had: the spool is taken in once, whenever that is interrupted. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, renameSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { defineAct } from '../act.js';
import type { Stage } from '../stage.js';

interface Size {
  readonly commands: number;
  readonly files: number;
  readonly kills: number;
}

const EVENTS_A_COMMAND = 20;
/** A file of several requests, so that a kill may come between them. */
const EVENTS_A_FILE = 2500;

export const spool = defineAct<Size>({
  name: 'spool',
  does: 'emits without a daemon, and kills the daemon while it takes the spool in',
  sizes: {
    brief: { commands: 3, files: 8, kills: 3 },
    torture: { commands: 20, files: 40, kills: 20 },
  },
  run: async (stage, { commands, files, kills }) => {
    const { spool: directory } = stage.box.paths;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (let n = 0; n < commands; n += 1) await emitByCommand(stage, `command-${n}`);
    for (let n = 0; n < files; n += 1) putFile(stage, `file-${n}`);
    for (let kill = 0; kill < kills; kill += 1) {
      const gone = stage.random(Math.ceil(files / kills));
      const taken = removals(directory, gone);
      const daemon = stage.launchDaemon();
      await Promise.race([taken.happened, daemon.says(/"msg":"serving"/)]);
      await stage.killDaemon();
      taken.stop();
      await emitByCommand(stage, `between-${kill}`);
    }
    const left = readdirSync(directory).length;
    await stage.startDaemon();
    await stage.subscriber('replaying', { since: FIRST_ULID });
    putFile(stage, 'live');
    await stage.daemon.says(/"file":"live.ndjson"/);
    assert.deepEqual(readdirSync(directory), []);
    const { log, promised } = await stage.finish();
    assert.equal(log, promised + 1, 'what was spooled, once, and the end');
    return { spooled: promised, kills, 'files left at the last start': left };
  },
});

/** The command's way into the spool; it says what it did by its exit code and on stdout. */
async function emitByCommand(stage: Stage, name: string): Promise<void> {
  const lines = Array.from({ length: EVENTS_A_COMMAND }, (_, n) => line(name, n)).join('');
  const { code, stdout, stderr } = await stage.box.run(['emit', '--json', '-'], lines);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"spooled":/, 'no daemon took them');
  promise(stage, name, EVENTS_A_COMMAND);
}

/** The way of a producer without Node; no delivery ids, so they follow from the file. */
function putFile(stage: Stage, name: string): void {
  const { spool: directory } = stage.box.paths;
  const unfinished = join(directory, `.tmp-${name}`);
  const lines = Array.from({ length: EVENTS_A_FILE }, (_, n) => line(name, n)).join('');
  writeFileSync(unfinished, lines);
  promise(stage, name, EVENTS_A_FILE);
  renameSync(unfinished, join(directory, `${name}.ndjson`));
}

function promise(stage: Stage, name: string, count: number): void {
  const promised = Array.from({ length: count }, (_, n) => `${name} promised ${n}\n`).join('');
  appendFileSync(stage.ledger(name, 'producer'), `${name} sent ${count}\n${promised}`);
}

function line(producer: string, n: number): string {
  const fields = { producer, n, bucket: n % 100 };
  return `${JSON.stringify({ source: 'agent', event_type: 'agent_note', fields })}\n`;
}

/** Resolves once more than so many files have left a directory. */
function removals(
  directory: string,
  over: number,
): { readonly happened: Promise<void>; readonly stop: () => void } {
  let count = 0;
  let resolve: () => void = () => undefined;
  const happened = new Promise<void>((done) => (resolve = done));
  const watcher = watch(directory, () => {
    count += 1;
    if (count > over) resolve();
  });
  return { happened, stop: () => watcher.close() };
}
