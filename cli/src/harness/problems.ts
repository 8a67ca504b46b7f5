/** What keeps waitbus from editing a harness's file, as errors that name the place and a remedy. Pure. */
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';

/** The syntax is broken, or what stands there is not what the harness reads. */
export function badFile(file: string, what: string, text?: string, offset?: number): WaitbusError {
  const at = text === undefined || offset === undefined ? '' : `:${placeOf(text, offset)}`;
  return new WaitbusError(
    'WAITBUS_BAD_HARNESS_FILE',
    `${file}${at}: ${what}`,
    `Correct it, with your editor at ${shellWord(`${file}${at}`)}, and run the command again; nothing was changed.`,
  );
}

/** Something that is not ours stands where ours would go. */
export function conflict(file: string, what: string): WaitbusError {
  return new WaitbusError(
    'WAITBUS_HARNESS_CONFLICT',
    `${file}: ${what}`,
    'Look at it; the same command with --replace puts ours there and keeps a backup. Nothing was changed.',
  );
}

export function unwritableFile(file: string, what: string, remedy: string): WaitbusError {
  return new WaitbusError(
    'WAITBUS_UNWRITABLE',
    `${file} ${what}`,
    `${remedy}, then run the command again; nothing was changed.`,
  );
}

/** Line and column, both from 1, as editors count them. */
export function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}
