/** At rest: what the daemon and a waiting command hold over bare Node, and what CPU they take. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { residentMiB } from '../../support/process.js';
import { WAITBUS, type Running, type Sandbox } from '../../support/sandbox.js';
import type { Bench } from '../bench.js';
import { Program } from '../program.js';
import { addFigure, check, medianOf, newRow, type Row } from '../rows.js';
import { startBroker } from '../systems/brokers.js';
import type { SystemName } from '../systems/clients.js';

const GROUP = 'memory';
const BARE = 'bare node';
const DAEMON_OVER_BARE_MIB = 12;
const WAIT_OVER_BARE_MIB = 6;
/** A hundred waiters: connections in one process, and real commands. */
const CONNECTIONS = 90;
const COMMANDS = 10;
/** What a process holds at rest hardly differs from one time to the next. */
const ROUNDS = 2;
/** Whoever does not come to rest is measured all the same, before the first heartbeat. */
const PATIENCE_S = 14;

export async function memory(bench: Bench): Promise<Row[]> {
  const rows = {
    daemon: newRow(GROUP, 'idle daemon, RSS', 'MiB', BARE),
    daemonShare: newRow(GROUP, 'idle daemon, PSS', 'MiB', BARE),
    wait: newRow(GROUP, 'waiting waitbus wait, RSS', 'MiB', BARE),
    waitShare: newRow(GROUP, 'waiting waitbus wait, PSS', 'MiB', BARE),
    daemonCpu: newRow(GROUP, `daemon's CPU in ${bench.plan.restSeconds} s, 100 waiters`, 'ticks'),
    waitCpu: newRow(GROUP, `CPU of ${COMMANDS} of the waits in the same time`, 'ticks'),
  };
  const measure = async (system: SystemName) => {
    await using broker = await startBroker(system);
    const bare = pidOf(broker.box.start(process.execPath, ['-e', 'setInterval(()=>{},1e9)']));
    await rest([broker.pid, bare], bench.plan.quietSeconds);
    addFigure(rows.daemon, system, { value: residentMiB(broker.pid) });
    addFigure(rows.daemon, 'floor', { value: residentMiB(bare) });
    addFigure(rows.daemonShare, system, { value: proportionalMiB(broker.pid) });
    addFigure(rows.daemonShare, 'floor', { value: proportionalMiB(bare) });

    const waits = await Promise.all(Array.from({ length: COMMANDS }, () => startWait(broker.box)));
    const matches = Array.from({ length: CONNECTIONS }, (_, n) => [`fields.never=${n}`]);
    await using subscribers = new Program('subscribers', {
      ...{ system, address: broker.address, from: 'now', matches },
      ...{ expected: Infinity, measureFrom: null, gapless: false },
    });
    await subscribers.armed;
    await rest([broker.pid, ...waits], bench.plan.quietSeconds);
    const [first = 0] = waits;
    addFigure(rows.wait, system, { value: residentMiB(first) });
    addFigure(rows.wait, 'floor', { value: residentMiB(bare) });
    addFigure(rows.waitShare, system, { value: proportionalMiB(first) });
    addFigure(rows.waitShare, 'floor', { value: proportionalMiB(bare) });

    const before = [broker.pid, ...waits].map(cpuTicks);
    await pause(bench.plan.restSeconds * 1000);
    const [daemon = 0, ...others] = [broker.pid, ...waits].map(
      (pid, index) => cpuTicks(pid) - (before[index] ?? 0),
    );
    addFigure(rows.daemonCpu, system, { value: daemon });
    addFigure(rows.waitCpu, system, { value: others.reduce((sum, ticks) => sum + ticks, 0) });
  };
  await bench.inTurn(['waitbus'], measure, Math.min(bench.plan.rounds, ROUNDS));
  checkOver(rows.daemon, DAEMON_OVER_BARE_MIB);
  checkOver(rows.wait, WAIT_OVER_BARE_MIB);
  check(rows.daemonCpu, 'ticks', 'at most', 0, medianOf(rows.daemonCpu, 'waitbus'));
  check(rows.waitCpu, 'ticks', 'at most', 0, medianOf(rows.waitCpu, 'waitbus'));
  return Object.values(rows);
}

function checkOver(row: Row, limit: number): void {
  const over = medianOf(row, 'waitbus') - medianOf(row, 'floor');
  check(row, `MiB over ${BARE}`, 'at most', limit, over);
}

/** A command that waits for what never comes. */
async function startWait(box: Sandbox): Promise<number> {
  const what = ['--source', 'agent', '--match', 'fields.never="x"', '--ready-fd', '1'];
  const running = box.start(process.execPath, [WAITBUS, 'wait', ...what]);
  await running.says(/\n/);
  return pidOf(running);
}

function pidOf({ child }: Running): number {
  return child.pid ?? 0;
}

/**
 * Until none took any CPU for so long. What a start or a burst leaves to do is not the cost of waiting:
 * V8, for one, collects garbage once, eight seconds after a process fell idle.
 */
async function rest(pids: readonly number[], quietSeconds: number): Promise<void> {
  const taken = () => pids.reduce((sum, pid) => sum + cpuTicks(pid), 0);
  let before = taken();
  for (let second = 0, quiet = 0; second < PATIENCE_S && quiet < quietSeconds; second += 1) {
    await pause(1000);
    const now = taken();
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
}

/** What is the process's own, and its share of what it shares. */
function proportionalMiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s*(\d+) kB/m.exec(text)?.[1]) / 1024;
}

/** User and system time, in hundredths of a second. */
function cpuTicks(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '';
  const fields = afterName.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
