/**
 * Whether Copilot CLI would load the hooks of a repository: in prompt mode (`-p`) only where the
 * folder is trusted or the environment says so. Pure.
 */
import { ok, warning, type Finding } from '../finding.js';
import { strings } from './installed.js';

export const GATE = 'GITHUB_COPILOT_PROMPT_MODE_REPO_HOOKS';

/** @param configs the texts of its configuration, in which trusted folders stand */
export function judgeGate(
  project: string,
  env: Readonly<Record<string, string | undefined>>,
  configs: readonly (string | null)[],
): Finding {
  const check = 'gate';
  if (env[GATE] === 'true') return ok(check, `${GATE}=true: copilot -p loads the hooks`);
  if (env['COPILOT_ALLOW_ALL'] === 'true') return ok(check, 'COPILOT_ALLOW_ALL=true trusts it');
  const trusted = configs.some((text) => text !== null && strings(text).includes(project));
  if (trusted) return ok(check, 'copilot trusts this folder');
  return warning(
    check,
    `copilot -p does not load the hooks of this repository: it does not trust ${project}`,
    `copilot -p ... --trust-folder, or export ${GATE}=true, or waitbus install copilot --user, whose hooks always count`,
  );
}
