/** Tells a running daemon that the configuration has changed, and a person what became of that. */
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import { askDaemon } from '../../client/ask-daemon.js';
import type { Paths } from '../../paths.js';
import { say } from '../../terminal/exit.js';

/** @returns whether what the file says counts, now or at the next start */
export async function takeUp(paths: Paths): Promise<boolean> {
  try {
    const answer = await askDaemon(paths, { op: 'config_changed' });
    if (answer === null) {
      say('no daemon is running; it counts when one starts');
      return true;
    }
    const sources = answer['sources'] as readonly string[];
    const what = sources.length === 0 ? 'no source changed' : `changed: ${sources.join(', ')}`;
    say(`the running daemon has taken it up (${what})`);
    const later = answer['restart_needed'] as readonly string[];
    if (later.length > 0) {
      say(`${later.join(', ')}: read when a daemon starts; waitbus stop ends this one`);
    }
    return true;
  } catch (error) {
    const { code, message, remedy } = asWaitbusError(error);
    say(`the running daemon did not take it up: ${message}`);
    // A daemon of an older waitbus does not know the request.
    const isOld = code === 'WAITBUS_BAD_REQUEST';
    say(`  ${isOld ? 'waitbus stop ends it, and the next command starts one that knows' : remedy}`);
    return false;
  }
}
