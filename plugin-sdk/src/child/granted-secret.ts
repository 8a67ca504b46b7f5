/** The secrets that the user granted to this source, as `ctx.secret` hands them out. */
import { shellWord, WaitbusError } from '../envelope/index.js';

/** @throws WaitbusError WAITBUS_BAD_SECRET whose remedy grants it */
export function grantedSecret(
  secrets: Readonly<Record<string, string>>,
  name: string,
  source: string,
): string {
  const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  // Everybody knows an empty one.
  if (value !== undefined && value !== '') return value;
  // Whoever pastes the remedy must not run what a source made up.
  const word = /^[\w.-]+$/.test(name) ? name : shellWord(name);
  throw new WaitbusError(
    'WAITBUS_BAD_SECRET',
    `the secret ${name} was not granted to ${source}`,
    `waitbus secret set ${word} --for ${source}`,
  );
}
