/**
 * What a person sees of a wait: a line on stderr that says what is waited for, for how long, and
 * whether its sources are alive. On a terminal it is redrawn every second; elsewhere plain lines.
 */
import type { WriteStream } from 'node:tty';
import { formatDuration } from '../duration.js';
import { plainLine } from '@waitbus/plugin-sdk/envelope';

export interface StatusLine {
  /** Replaces what the line says. */
  update(text: string): void;
  /** Writes a line that stays, above the status line. */
  note(text: string): void;
  /** Takes the line away; only notes are written from now on. */
  clear(): void;
}

/** @param quiet says nothing at all */
export function statusLine(env: NodeJS.ProcessEnv, quiet: boolean): StatusLine {
  const out = process.stderr;
  if (quiet) return { update: () => undefined, note: () => undefined, clear: () => undefined };
  const isLive = out.isTTY && env['TERM'] !== 'dumb';
  const line = isLive ? live(out, (env['NO_COLOR'] ?? '') === '') : plain(out);
  // What others wrote is in it: events, names of runs, notes of sources.
  return {
    update: (text) => line.update(plainLine(text)),
    note: (text) => line.note(plainLine(text)),
    clear: () => line.clear(),
  };
}

function plain(out: WriteStream): StatusLine {
  let last = '';
  const write = (text: string) => {
    if (text !== last) out.write(`waitbus: ${text}\n`);
    last = text;
  };
  return { update: write, note: write, clear: () => undefined };
}

const SECOND_MS = 1000;

function live(out: WriteStream, colours: boolean): StatusLine {
  const dim = (text: string) => (colours ? `\u001b[2m${text}\u001b[0m` : text);
  const started = performance.now();
  let text = '';
  const draw = () => {
    const elapsed = formatDuration(
      Math.floor((performance.now() - started) / SECOND_MS) * SECOND_MS,
    );
    // A terminal that does not tell its width says 0.
    const room = Math.max(20, (out.columns || 80) - elapsed.length - 4);
    const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
    out.write(`\r\u001b[K${shown} ${dim(elapsed)}`);
  };
  let shows = true;
  const timer = setInterval(draw, SECOND_MS);
  timer.unref();
  return {
    update: (next) => {
      text = next;
      if (shows) draw();
    },
    note: (line) => {
      out.write(`${shows ? '\r\u001b[K' : ''}${line}\n`);
      if (shows) draw();
    },
    clear: () => {
      clearInterval(timer);
      if (shows) out.write('\r\u001b[K');
      shows = false;
    },
  };
}
