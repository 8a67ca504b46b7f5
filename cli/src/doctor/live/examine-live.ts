/**
 * `waitbus doctor --live HARNESS`: the whole way, once round. The installed hook is run as the harness
 * would run it, its event has to come over the bus, and a message has to wake the session in the
 * harness's own words.
 */
import { homedir } from 'node:os';
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  HARNESSES,
  probesOf,
  type Edit,
  type Harness,
  type Probe,
  type Scope,
} from 'waitbus-source-agent/harnesses';
import { waitFor } from '../../client/wait-for.js';
import { programOnPath } from '../../host/programs.js';
import { readRegularFile } from '../../regular-file.js';
import { uniqueKey } from '../../spool/unique-key.js';
import { ok, problem, warning, type Finding } from '../finding.js';
import { judgeConfig, judgeTrust, listCodexHooks } from './codex-trust.js';
import { judgeGate } from './copilot-gate.js';
import { commandOf, stands, type Found } from './installed.js';
import { runInstalled, type HookRun, type NotRun } from './run-hook.js';
import { wakeOnce } from './wake-once.js';

const HOOK_LIMIT_MS = 20_000;
const EVENT_LIMIT_MS = 3000;
/** What a hook may add to a turn. */
const SLOW_MS = 1000;

export interface LiveOptions {
  readonly harness: Harness;
  readonly env: NodeJS.ProcessEnv;
  readonly project: string;
  /** Each argv with which `waitbus install` has hooks run this installation. */
  readonly commands: readonly (readonly string[])[];
  readonly progress: (what: string) => void;
}

interface Installation {
  readonly scope: Scope;
  readonly edits: readonly Edit[];
  /** The same for each argv. */
  readonly plans: readonly (readonly Edit[])[];
}

export async function examineLive(options: LiveOptions): Promise<Finding[]> {
  const { harness, env, project, progress } = options;
  const program = lookForProgram(harness, env);
  const plans = (['user', 'project'] as const).map((scope): Installation => {
    const context = { scope, home: homedir(), project, env };
    const [edits = [], ...others] = options.commands.map((command) =>
      HARNESSES[harness.name].plan({ ...context, command }),
    );
    return { scope, edits, plans: [edits, ...others] };
  });
  const found = plans.filter(({ edits }) =>
    edits.some((edit) => isHook(edit) && stands(edit, read)),
  );
  if (found.length === 0) {
    const remedy = `waitbus install ${harness.name}`;
    return [program, problem('installed', `no hook of waitbus is in ${harness.title}`, remedy)];
  }
  const findings: Finding[] = [program];
  for (const installation of found) {
    findings.push(judgeInstallation(harness, installation));
    progress(`running the hook of the ${installation.scope}'s files`);
    findings.push(...(await goRound(options, installation)));
  }
  progress(`asking ${harness.title}`);
  return [...findings, ...(await checkGates(options, found))];
}

function lookForProgram({ signs, title }: Harness, env: NodeJS.ProcessEnv): Finding {
  const path = signs.programs.find((name) => programOnPath(name, env['PATH'] ?? '') !== null);
  if (path !== undefined) return ok('program', `${path} is on PATH`);
  const message = `${title} is not on PATH; its configuration is looked at all the same`;
  return warning(
    'program',
    message,
    `Install ${title}, or put ${signs.programs.join(' or ')} on PATH.`,
  );
}

/** All else that is installed is the MCP server. */
function isHook(edit: Edit): boolean {
  return edit.kind === 'json-append' || edit.kind === 'file';
}

function judgeInstallation({ name }: Harness, { scope, edits }: Installation): Finding {
  const missing = edits.filter((edit) => !stands(edit, read));
  const files = [...new Set(edits.map(({ file }) => file))];
  const check = `installed (${scope})`;
  if (missing.length === 0) return ok(check, files.join(', '));
  const what = missing.map(
    (edit) => `${edit.kind === 'json-append' ? edit.mark : 'mcp'} in ${edit.file}`,
  );
  const say = missing.some(isHook) ? problem : warning;
  return say(check, `missing: ${what.join(', ')}`, `waitbus install ${name} --${scope}`);
}

/** The event of the end of a turn, then each way of waking. */
async function goRound(options: LiveOptions, { scope, plans }: Installation): Promise<Finding[]> {
  const { harness, env, project } = options;
  const session = `doctor-${uniqueKey()}`;
  const { tells, wakes } = probesOf(harness.name, session, project);
  const runProbe = async (probe: Probe): Promise<HookRun | NotRun> => {
    const found = commandOf(harness.name, probe.event, plans, read);
    if (found.kind !== 'ours') return { notRun: whyNotRun(found, probe.event) };
    return runInstalled(found.command, probe, { env, cwd: project, limitMs: HOOK_LIMIT_MS });
  };
  const findings = [...(await tellOnce(harness, tells, session, project, scope, runProbe))];
  if (findings[0]?.level === 'problem') return findings;
  for (const probe of wakes) {
    findings.push(await wakeOnce({ harness, probe, session, project, scope, runProbe }));
  }
  return findings;
}

function whyNotRun(found: Exclude<Found, { kind: 'ours' }>, event: string): string {
  return found.kind === 'none'
    ? `there is no command for ${event}`
    : `the hook for ${event} in ${found.file} is not what this waitbus writes, and was not run`;
}

async function tellOnce(
  harness: Harness,
  probe: Probe,
  session: string,
  cwd: string,
  scope: Scope,
  runProbe: (probe: Probe) => Promise<HookRun | NotRun>,
): Promise<readonly Finding[]> {
  const check = `event (${scope})`;
  const report = harness.report({ body: probe.body, args: [probe.event], env: probe.env, cwd });
  const name = `${harness.name}:${report?.session ?? session}`;
  const remedy = `waitbus install ${harness.name} --${scope}`;
  const enough = new AbortController();
  let armed: () => void = () => undefined;
  const isArmed = new Promise<void>((resolve) => (armed = resolve));
  const heard = waitFor({
    match: [`fields.msg_from=${JSON.stringify(name)}`],
    source: 'agent',
    timeout: HOOK_LIMIT_MS + EVENT_LIMIT_MS,
    signal: enough.signal,
    onArmed: armed,
  }).then(
    ([event]) => event ?? null,
    (error: unknown) => (enough.signal.aborted ? null : Promise.reject(error as Error)),
  );
  try {
    await Promise.race([isArmed, heard]);
    const run = await runProbe(probe);
    if ('notRun' in run) return [problem(check, run.notRun, remedy)];
    const timer = setTimeout(() => enough.abort(), EVENT_LIMIT_MS);
    const event = await heard.finally(() => clearTimeout(timer));
    if (event === null) {
      const said = run.stderr.trim().split('\n')[0] ?? '';
      const how = run.code === null ? 'was killed after 20 s' : `ended with ${run.code}`;
      const message = `the hook ${how}, and nothing came over the bus ${said}`.trim();
      return [problem(check, message, remedy)];
    }
    const told = ok(check, `${probe.event} said ${event.event_type} over the bus`);
    return [told, judgeTime(`time (${scope})`, run.milliseconds)];
  } catch (error) {
    const { message, remedy: cure } = asWaitbusError(error);
    return [problem(check, message, cure)];
  } finally {
    enough.abort();
  }
}

async function checkGates(
  { harness, env, project }: LiveOptions,
  found: readonly Installation[],
): Promise<Finding[]> {
  if (harness.name === 'codex') {
    const hooks = await listCodexHooks(project, env);
    if (hooks !== null) return [judgeTrust(hooks)];
    const files = found.flatMap(({ edits }) => edits.map(({ file }) => file));
    const hooksFile = files.find((file) => file.endsWith('hooks.json')) ?? '';
    return [
      judgeConfig(read(`${env['CODEX_HOME'] || `${homedir()}/.codex`}/config.toml`), hooksFile),
    ];
  }
  if (harness.name === 'copilot' && found.some(({ scope }) => scope === 'project')) {
    const directory = env['COPILOT_HOME'] || `${homedir()}/.copilot`;
    const configs = ['config.json', 'settings.json'].map((file) => read(`${directory}/${file}`));
    return [judgeGate(project, env, configs)];
  }
  return [];
}

/** Of a harness; what is larger is something else. */
const MAX_SETTINGS_BYTES = 32 * 1024 * 1024;

function read(file: string): string | null {
  try {
    return readRegularFile(file, { maxBytes: MAX_SETTINGS_BYTES }).toString();
  } catch {
    return null;
  }
}

/** Apart from whether it works: a busy machine makes each hook slow. */
export function judgeTime(check: string, milliseconds: number): Finding {
  const took = `the hook took ${Math.round(milliseconds)} ms`;
  if (milliseconds <= SLOW_MS) return ok(check, took);
  return warning(check, `${took}, which every turn waits for`, 'waitbus doctor');
}
