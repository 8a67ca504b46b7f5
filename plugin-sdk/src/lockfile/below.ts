/** The one way to a path that holds a name from outside: it stays below its root, or is none. */
import { join } from 'node:path';
import { WaitbusError } from '../envelope/index.js';

/**
 * Joins a root and names below it.
 * @param names each one segment or several with `/` between them
 * @throws WaitbusError WAITBUS_INSTALL_REFUSED for one that is empty, absolute, `.` or `..`, or holds a
 *   backslash or NUL
 */
export function below(root: string, ...names: readonly string[]): string {
  const segments = names.flatMap((name) => name.split('/'));
  if (segments.length === 0 || segments.some((one) => !isSegment(one))) {
    throw new WaitbusError(
      'WAITBUS_INSTALL_REFUSED',
      `${JSON.stringify(names.join('/'))} is no path below ${root}`,
    );
  }
  return join(root, ...segments);
}

function isSegment(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !/[\\\0]/.test(text);
}
