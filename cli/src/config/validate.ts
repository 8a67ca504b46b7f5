/** Everything that is wrong with a configuration file: its form, its keys, and each source's section. */
import { isObject } from '@waitbus/plugin-sdk/envelope';
import type { Installation } from '../installation.js';
import type { Paths } from '../paths.js';
import type { ConfigText } from './find.js';
import type { Problem } from './problems.js';
import { checkText } from './read.js';
import { checkSections, type AboutSources } from './sections.js';

/** By line. Empty when there is nothing to say. */
export async function validateConfig(
  text: ConfigText,
  installation: Installation,
  paths: Paths,
): Promise<Problem[]> {
  const { parsed, problems } = checkText(text);
  if (parsed === null) return [...problems];
  const ofSources = await checkSections(aboutSources(parsed.data), parsed, installation, paths);
  return [...problems, ...ofSources].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** What of it has the right shape: one wrong key must not hide what a source has to say. */
function aboutSources(data: unknown): AboutSources {
  const { disabled, sources } = isObject(data) ? data : {};
  const names = Array.isArray(disabled) ? (disabled as unknown[]) : [];
  return {
    disabled: names.filter((name) => typeof name === 'string'),
    sources: isObject(sources) ? sources : {},
  };
}
