/** What to say of a wait on the CI of a checkout whose origin is on no GitHub server. */
import { loadConfig } from '../config/config.js';
import { foreignHost } from '../origin-repo.js';
import { resolvePaths } from '../paths.js';
import type { WaitPlan } from './parse-wait.js';

type Of = Pick<WaitPlan, 'goal' | 'cwd' | 'isOfOrigin'>;

/** The configuration is read for an unknown server only. */
export async function originHints(
  { goal, cwd, isOfOrigin }: Of,
  env: NodeJS.ProcessEnv = process.env,
): Promise<readonly string[]> {
  const host = 'clauses' in goal || !isOfOrigin ? null : foreignHost(cwd);
  if (host === null || (env['GITHUB_API_URL'] ?? '') !== '') return [];
  const { sources } = await loadConfig(resolvePaths().configDir);
  const section = sources['github'] as { readonly apiUrl?: unknown } | undefined;
  if (section?.apiUrl !== undefined) return [];
  return [
    `the origin of this checkout is on ${host}, which is not github.com: name the repository with --repo owner/repo, or say where its API is: waitbus config set sources.github.apiUrl https://${host}/api/v3`,
  ];
}
