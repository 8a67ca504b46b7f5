/** Where the API is. Pure. */
import { WaitbusError } from '@waitbus/plugin-sdk';

const DEFAULT = 'https://api.github.com';
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The configuration's, else that of `GITHUB_API_URL`, else github.com's.
 * @returns it without a slash at its end
 * @throws WaitbusError WAITBUS_BAD_CONFIG for one that a token must not be sent to
 */
export function apiUrl(configured: string | undefined, env: NodeJS.ProcessEnv): string {
  const fromEnv = env['GITHUB_API_URL'];
  const [given, name] =
    configured !== undefined
      ? [configured, 'sources.github.apiUrl']
      : fromEnv !== undefined && fromEnv !== ''
        ? [fromEnv, 'GITHUB_API_URL']
        : [DEFAULT, ''];
  const url = URL.canParse(given) ? new URL(given) : null;
  const sound =
    url !== null &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (sound) return url.href.replace(/\/+$/, '');
  throw new WaitbusError(
    'WAITBUS_BAD_CONFIG',
    `${name}: ${JSON.stringify(given)} is not an https address`,
    `Write ${name} like https://api.github.com or https://HOST/api/v3.`,
  );
}
