/**
 * `waitbus wait`: blocks until what is waited for happens; the exit code is the answer. Arms first
 * and acts then, so that what its command causes cannot be missed.
 */
import { writeSync } from 'node:fs';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { requestFor, stateOf, type GoalState } from '../client/goal.js';
import { errorOfObstacle, lineOfNote } from '../client/obstacle.js';
import { inForeground } from '../run/command.js';
import { ignoresHangup, WaitCommand } from '../run/wait-command.js';
import { Renewal, type StreamFrame, type WaitNoteFrame } from '../client/stream.js';
import { goalStream } from '../client/ticks.js';
import { EXIT, print, say, sayError, UsageError } from '../terminal/exit.js';
import { outputFailed, outputOver } from '../terminal/output.js';
import { statusLine, type StatusLine } from '../terminal/status-line.js';
import { directoryOf } from '../working-directory.js';
import { originHints } from './origin-hints.js';
import { parseWait, type WaitPlan } from './parse-wait.js';
import { exitCodeOf } from './verdict.js';

export async function run(args: readonly string[]): Promise<number> {
  const plan = parseWait(args, { now: Date.now() });
  directoryOf(plan.cwd);
  for (const hint of await originHints(plan)) say(`waitbus wait: ${hint}`);
  return new Wait(plan).run();
}

/** Writes the line that says that nothing can be missed any more. */
function tellReady(fd: number): void {
  try {
    writeSync(fd, 'ready\n');
  } catch (error) {
    throw new UsageError(`--ready-fd ${fd} cannot be written to: ${(error as Error).message}`);
  }
}

/** What is over is said as well: the line before it stays in sight. */
function textOfNote(note: WaitNoteFrame): string {
  return note.level === 'cleared' ? `${lineOfNote(note)} (over)` : lineOfNote(note);
}

/** How long a command may take to end after Ctrl-C before anything is said or done about it. */
const PATIENCE_MS = 2000;

class Wait {
  readonly #plan: WaitPlan;
  readonly #state: GoalState;
  readonly #line: StatusLine;
  readonly #ending = new AbortController();
  readonly #command = new WaitCommand();
  readonly #renewal = new Renewal();
  #resolveEnd: (exitCode: number) => void = () => undefined;
  #announced = false;
  #interrupted = false;

  constructor(plan: WaitPlan) {
    this.#plan = plan;
    const { goal, command, timeoutMs } = plan;
    this.#state = stateOf(goal, { acts: command.length > 0, onlyLog: timeoutMs === 0 });
    this.#line = statusLine(process.env, plan.quiet);
  }

  /** What comes first decides: the wait fulfilled, or ended by time, signal or command. */
  async run(): Promise<number> {
    const { timeoutMs, since } = this.#plan;
    const onlyTheLog = timeoutMs === 0 && since !== null;
    const timer =
      timeoutMs === null || onlyTheLog ? undefined : setTimeout(() => this.#timedOut(), timeoutMs);
    const ended = new Promise<number>((resolve) => (this.#resolveEnd = resolve));
    process.on('SIGINT', () => this.#interrupt());
    process.on('SIGTERM', () => this.#end(EXIT.sigterm));
    if (!ignoresHangup()) process.on('SIGHUP', () => this.#end(EXIT.sighup));
    outputOver.addEventListener('abort', () => {
      // What is done is done; the command that did it is left to end.
      if (outputFailed() && !this.#state.done) this.#end(EXIT.usage);
    });
    try {
      const code = await Promise.race([this.#fulfil(timer), ended]);
      // Once it is to end, how it ended decides, even if the wait was fulfilled meanwhile.
      return this.#ending.signal.aborted ? await ended : code;
    } catch (error) {
      // 1 is a verdict; whatever kept the wait from one is not.
      sayError(error, 'wait');
      this.#end(EXIT.usage);
      return await ended;
    } finally {
      this.#line.clear();
    }
  }

  async #fulfil(timer: NodeJS.Timeout | undefined): Promise<number> {
    const { filters, since, cwd, goal, autostart, verdict } = this.#plan;
    const request = {
      ...requestFor(goal),
      cwd,
      ...(filters === null ? {} : { filters }),
      ...(since === null ? {} : { since }),
    };
    const { signal } = this.#ending;
    const renewal = this.#renewal;
    const options = { signal, renewal, ...(autostart === null ? {} : { autostart }) };
    for await (const frame of goalStream(request, this.#state, options)) {
      this.#receive(frame);
      if (this.#state.done) break;
    }
    clearTimeout(timer);
    // The command may be what the person is watching.
    await this.#command.done;
    const { caveat, notes } = this.#state;
    const code = exitCodeOf(this.#state, verdict);
    // What ended it has the last word.
    if (signal.aborted) return code;
    if (this.#plan.json) for (const note of notes) print(stringifyJson(note));
    if (caveat !== null) this.#tell(caveat);
    return code;
  }

  /** What a verdict is not of is no matter of manners: it is said also where nothing else is. */
  #tell(caveat: string): void {
    if (this.#plan.quiet) say(`waitbus: ${caveat}`);
    else this.#line.note(caveat);
  }

  #receive(frame: StreamFrame): void {
    // What ended it has the last word.
    if (this.#ending.signal.aborted) return;
    for (const event of this.#state.receive(frame)) {
      if (this.#plan.json) print(stringifyJson(event));
      else this.#line.note(`${event.event_type}: ${event.summary || event.event_id}`);
    }
    if (this.#state.done || this.#ending.signal.aborted) return;
    switch (frame.kind) {
      case 'event':
      case 'tick':
        if (this.#announced) this.#showWaiting();
        return;
      case 'disconnected':
        this.#line.update(`${frame.reason}; coming back to it`);
        return;
      case 'gap':
        this.#line.note(
          `retention removed events after ${frame.after}; going on from ${frame.floor}`,
        );
        break;
      case 'source_state':
        if (frame.detail !== '' && frame.state === 'starting') {
          this.#line.note(`source ${frame.source}: ${frame.detail}`);
        }
        break;
      case 'wait_note':
        // How far a source is shows in what is outstanding.
        if (frame.level === 'info') {
          if (this.#announced) this.#showWaiting();
        } else if (this.#state.hopeless() === null) this.#line.note(textOfNote(frame));
        break;
      case 'caught_up':
        // `--timeout 0` asks what the log holds, and has its answer now.
        if (this.#plan.timeoutMs === 0) this.#timedOut();
        break;
      case 'subscribe_ack':
        break;
    }
    this.#checkSources();
    if (this.#ending.signal.aborted) return;
    if (this.#state.armed) this.#armed();
    else this.#line.update(`arming: ${this.#state.outstanding().join(', ')}`);
  }

  /** A wait never hangs for something that cannot come. */
  #checkSources(): void {
    const obstacle = this.#state.hopeless();
    if (obstacle !== null) throw errorOfObstacle(obstacle);
  }

  #armed(): void {
    const { command, readyFd } = this.#plan;
    this.#showWaiting();
    if (this.#announced) return;
    this.#announced = true;
    if (readyFd !== null) tellReady(readyFd);
    if (command.length > 0) this.#start(command);
  }

  #showWaiting(): void {
    const waiting = `waiting for ${this.#state.outstanding().join(', ')}`;
    this.#line.update([waiting, ...this.#state.sourceLines].join(' · '));
  }

  /** From now on the terminal is the command's, so no status line is drawn into it. */
  #start(words: readonly string[]): void {
    this.#line.clear();
    this.#command.start(
      words,
      (exitCode, signal) => {
        if (this.#interrupted) this.#end(EXIT.sigint);
        else if (exitCode !== 0 && !this.#ending.signal.aborted) {
          say(`waitbus wait: ${words.join(' ')} ended with ${signal ?? exitCode}`);
          this.#end(exitCode);
        } else if (this.#state.renew()) this.#renewal.ask();
      },
      (error) => {
        say(`waitbus wait: ${words[0]} could not be run: ${error.message}`);
        this.#end(EXIT.usage);
      },
    );
  }

  /**
   * Ctrl-C reaches the command through the terminal, and it may take its time to end in its own way;
   * the second one ends it. From elsewhere it is not known whether the command was told.
   */
  #interrupt(): void {
    if (!this.#command.running || this.#interrupted) return this.#end(EXIT.sigint);
    this.#interrupted = true;
    setTimeout(() => {
      if (!inForeground()) this.#end(EXIT.sigint);
      else if (this.#command.running) {
        say('waitbus wait: the command has not ended yet; Ctrl-C once more ends it');
      }
    }, PATIENCE_MS);
  }

  #timedOut(): void {
    this.#line.clear();
    say('waitbus wait: timed out; still waiting for:');
    for (const text of this.#state.outstanding()) say(`  ${text}`);
    for (const note of this.#state.warnings) say(`  ${lineOfNote(note)}`);
    this.#end(EXIT.timeout);
  }

  /** Whatever ends a wait but its fulfilment ends its command, and all that this has started. */
  #end(exitCode: number): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    void this.#command.end().then(() => this.#resolveEnd(exitCode));
  }
}
