/** Sends a message to a session that there is not, and sees whether its hook wakes it with that. */
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Harness, Probe, Scope } from 'waitbus-source-agent/harnesses';
import { send } from '../../client/inbox.js';
import { listWakes, removeWatch } from '../../client/watches.js';
import { sessionWakes } from '../../hook/session-wakes.js';
import { uniqueKey } from '../../spool/unique-key.js';
import { ok, problem, type Finding } from '../finding.js';
import type { HookRun, NotRun } from './run-hook.js';

export interface WakeTrial {
  readonly harness: Harness;
  readonly probe: Probe;
  readonly session: string;
  readonly project: string;
  readonly scope: Scope;
  readonly runProbe: (probe: Probe) => Promise<HookRun | NotRun>;
}

export async function wakeOnce(trial: WakeTrial): Promise<Finding> {
  const { harness, probe, session, project, scope, runProbe } = trial;
  const check = `wake (${scope})`;
  const remedy = `waitbus install ${harness.name} --${scope}`;
  const name = `${harness.name}:${session}`;
  try {
    await sessionWakes({}, undefined).meet(name);
    const token = `waitbus doctor ${uniqueKey()}`;
    await send({ to: name, from: 'waitbus-doctor', body: token });
    const run = await runProbe(probe);
    if ('notRun' in run) return problem(check, run.notRun, remedy);
    const input = { body: probe.body, args: [probe.event], env: probe.env, cwd: project };
    const { code = 0 } = harness.wake(input, token) ?? {};
    const [wake] = await listWakes(name, { limit: 1 });
    const isSaid = `${run.stdout}${run.stderr}`.includes(token) && run.code === code;
    if (isSaid && wake?.state === 'woke') {
      const took = `${Math.round(run.milliseconds)} ms`;
      return ok(check, `${probe.event} wakes the session with a message; the hook took ${took}`);
    }
    const how = isSaid ? `its wake is ${wake?.state ?? 'unknown'}` : 'it did not say the message';
    const ended = run.code === null ? 'was killed after 20 s' : `ended with ${run.code}`;
    return problem(check, `${probe.event} ${ended}: ${how}`, remedy);
  } catch (error) {
    const { message, remedy: cure } = asWaitbusError(error);
    return problem(check, message, cure);
  } finally {
    await removeWatch(name).catch(() => undefined);
  }
}
