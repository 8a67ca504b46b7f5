/** All that `waitbus doctor` looks at, in the order in which one thing rests on another. */
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import { DEFAULT_CONFIG, type Config } from '../config/config.js';
import { findConfig } from '../config/find.js';
import { problemText } from '../config/problems.js';
import { checkText } from '../config/read.js';
import { validateConfig } from '../config/validate.js';
import type { Installation } from '../installation.js';
import type { Paths } from '../paths.js';
import { readSecrets } from '../secrets.js';
import { checkSource } from '../sources/check.js';
import { gatherSources, type Gathered, type SourceFacts } from '../sources/facts.js';
import { checkDaemon } from './daemon.js';
import { checkDirectories } from './directories.js';
import { ok, problem, warning, type Finding } from './finding.js';
import { checkPackages } from './packages.js';
import { checkSpool } from './spool.js';
import { checkInotify, checkNode } from './system.js';

export interface Examination {
  readonly paths: Paths;
  readonly installation: Installation;
  readonly env: NodeJS.ProcessEnv;
  readonly autostart: boolean;
  /** Milliseconds that each source has. */
  readonly sourceTimeoutMs: number;
  /** Says what is being looked at. */
  readonly progress: (what: string) => void;
  readonly now: () => number;
}

export async function examine(options: Examination): Promise<Finding[]> {
  const { paths, installation, autostart, progress, now } = options;
  progress('looking at the directories');
  const first = [
    checkNode(installation, process.versions.node),
    ...checkDirectories(paths, process.getuid?.() ?? -1),
  ];
  progress('checking the configuration');
  const { config, findings } = await checkConfig(options);
  progress('comparing the packages with their pins');
  const gathered = await gatherSources(installation, paths, config);
  const packages = await checkPackages(gathered, installation, paths);
  progress('asking the daemon');
  const { version } = installation;
  const daemon = await checkDaemon({ paths, version, autostart, now });
  const spool = checkSpool(paths.spool, daemon.reachable, now());
  progress('trying the sources');
  const sources = daemon.reachable ? await checkSources(gathered, options) : [];
  const watches = isEnabled(gathered.facts.get('fs')) ? checkInotify() : [];
  return [
    ...first,
    ...findings,
    checkSecrets(paths),
    ...packages,
    ...daemon.findings,
    ...spool,
    ...watches,
    ...sources,
  ];
}

async function checkConfig({
  paths,
  installation,
}: Examination): Promise<{ config: Config; findings: readonly Finding[] }> {
  const name = 'configuration';
  try {
    const found = findConfig(paths.configDir);
    if (found === null) {
      return { config: DEFAULT_CONFIG, findings: [ok(name, 'none; the defaults hold')] };
    }
    const problems = await validateConfig(found, installation, paths);
    const findings = problems.map((one) =>
      (one.level === 'error' ? problem : warning)(
        name,
        problemText(found.file, one),
        'waitbus config validate',
      ),
    );
    return {
      config: checkText(found).config ?? DEFAULT_CONFIG,
      findings: findings.length > 0 ? findings : [ok(name, found.file)],
    };
  } catch (error) {
    const { message, remedy } = asWaitbusError(error);
    return { config: DEFAULT_CONFIG, findings: [problem(name, message, remedy)] };
  }
}

function checkSecrets({ secrets }: Paths): Finding {
  try {
    const { size } = readSecrets(secrets);
    return ok('secrets', size === 0 ? 'none' : `${size}`);
  } catch (error) {
    const { message, remedy } = asWaitbusError(error);
    return problem('secrets', message, remedy);
  }
}

function isEnabled(facts: SourceFacts | undefined): boolean {
  return facts?.setup === 'enabled';
}

async function checkSources({ facts }: Gathered, options: Examination): Promise<Finding[]> {
  const { paths, env, sourceTimeoutMs } = options;
  // A quarantined one was told of with its package.
  const enabled = [...facts.values()].filter(
    (one) => isEnabled(one) && one.source.quarantine === null,
  );
  return Promise.all(
    enabled.map(async (one): Promise<Finding> => {
      const check = `source ${one.source.name}`;
      // Nobody said that it is to work here, and nothing runs it until somebody waits on it.
      const say = one.isConfigured ? problem : warning;
      try {
        // A small directory of ours: whether it can watch at all is the question.
        const cwd = paths.runtimeDir;
        const said = await checkSource(one, { paths, env, cwd, timeoutMs: sourceTimeoutMs });
        const text = [said.state, ...(said.detail === '' ? [] : [said.detail])].join(': ');
        return said.ok ? ok(check, text) : say(check, text, said.remedy);
      } catch (error) {
        const { message, remedy } = asWaitbusError(error);
        return say(check, message, remedy);
      }
    }),
  );
}
