/** What `config set` and `config unset` share: one key of the file becomes something else. */
import type { Json } from '@waitbus/plugin-sdk/envelope';
import { changeConfig } from '../../config/change.js';
import { badConfig } from '../../config/problems.js';
import { validateConfig } from '../../config/validate.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { EXIT, say, UsageError } from '../../terminal/exit.js';
import { takeUp } from './take-up.js';

/** @param value null takes the key away */
export async function changeKey(key: string, value: Json): Promise<number> {
  const path = key.split('.');
  if (path.includes(''))
    throw new UsageError(`${key} is not a key; waitbus config show lists them`);
  const paths = resolvePaths();
  const installation = findInstallation();
  const { file, written } = await changeConfig(
    paths,
    () => ({ set: { path, value } }),
    async (text) => {
      const problems = await validateConfig(text, installation, paths);
      const errors = problems.filter(({ level }) => level === 'error');
      if (errors.length > 0) throw badConfig(text.file, errors);
    },
  );
  const now = value === null ? 'is not set' : `is ${JSON.stringify(value)}`;
  say(`${key} ${now} in ${file}${written ? '' : ', as before'}`);
  return (await takeUp(paths)) ? EXIT.ok : EXIT.failure;
}
