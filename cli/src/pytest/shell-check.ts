/** What `waitbus source check pytest` says of this shell: whether its pytest would load the plugin. */
import { everyPytest, probe, type Probe } from './program.js';

export interface ShellCheck {
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy: string;
}

export async function checkShell(env: NodeJS.ProcessEnv, timeoutMs: number): Promise<ShellCheck> {
  const probes: Probe[] = [];
  // Not here: what a checkout has in a pytest.py, or its options name, would be run.
  const options = { env, timeoutMs, cwd: '/' };
  for (const program of everyPytest(env)) probes.push(await probe(program, [], options));
  const there = probes.filter((one) => !isMissing(one));
  if (there.length === 0) {
    return {
      ok: false,
      detail: 'there is no pytest on PATH, and none in python3',
      remedy: 'python3 -m pip install pytest',
    };
  }
  const failed = there.find(({ loaded }) => loaded === null);
  if (failed !== undefined) return { ok: false, ...whyNot(failed, env) };
  const known = new Set(there.map(({ loaded }) => loadedBy(loaded)));
  return { ok: true, detail: `loaded by ${[...known].join(' and ')}`, remedy: '' };
}

function loadedBy(loaded: Probe['loaded']): string {
  if (loaded === null) return '';
  return `${loaded.executable} (Python ${loaded.python}, pytest ${loaded.pytest})`;
}

function isMissing({ code, output, loaded }: Probe): boolean {
  if (loaded !== null) return false;
  return (code === null && /ENOENT/.test(output)) || /No module named '?pytest'?$/m.test(output);
}

/** The cause, and the command that mends it, of a pytest that does not load the plugin. Pure. */
export function whyNot(
  { program, code, output }: Probe,
  env: NodeJS.ProcessEnv,
): { detail: string; remedy: string } {
  const name = program.join(' ');
  const look = { remedy: `WAITBUS_DEBUG=1 ${name} --noconftest --version --version` };
  if (code === null) return { detail: `${name} does not answer`, ...look };
  if (code !== 0) {
    const lines = output.trim().split('\n');
    const said = lines.find((line) => /^(\w*Error|ERROR)\b/.test(line)) ?? lines.at(-1) ?? '';
    return { detail: `${name} fails by itself: ${said.slice(0, 200)}`, ...look };
  }
  const [, version, major] = /pytest (?:version )?((\d+)[\w.]*)/.exec(output) ?? [];
  if (version !== undefined && Number(major) < 7) {
    return {
      detail: `${name} is pytest ${version}, and 7 is needed`,
      remedy: 'python3 -m pip install --upgrade pytest',
    };
  }
  if ((env['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] ?? '') !== '') {
    return {
      detail: `${name} loads no plugin by itself, because PYTEST_DISABLE_PLUGIN_AUTOLOAD is set`,
      remedy: 'export PYTEST_ADDOPTS="$PYTEST_ADDOPTS -p waitbus_pytest"',
    };
  }
  return {
    detail:
      `${name} does not load the plugin: it does not see this shell's PYTHONPATH, ` +
      'or its options leave the plugin out',
    ...look,
  };
}
