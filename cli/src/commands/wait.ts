/**
 * `waitbus wait`: blocks until what is waited for happens; the exit code is the answer. Arms first
 * and acts then, so that what its command causes cannot be missed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { statSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { requestFor, stateOf, type GoalState } from '../client/goal.js';
import { errorOfObstacle, lineOfNote } from '../client/obstacle.js';
import { stream, type StreamFrame, type WaitNoteFrame } from '../client/stream.js';
import { EXIT, print, say, sayError, UsageError } from '../terminal/exit.js';
import { statusLine, type StatusLine } from '../terminal/status-line.js';
import { hintsFor } from './hints.js';
import { parseWait, type WaitPlan } from './parse-wait.js';
import { exitCodeOfMatch } from './verdict.js';

export async function run(args: readonly string[]): Promise<number> {
  const plan = parseWait(args, { cwd: process.cwd(), now: Date.now() });
  if (statSync(plan.cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`--cwd ${plan.cwd} is not a directory`);
  }
  for (const { predicates } of plan.goal.mode === 'commit' ? [] : plan.goal.clauses) {
    for (const hint of hintsFor(predicates)) say(`waitbus wait: ${hint}`);
  }
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

/** How long the command may take to end after SIGTERM. */
const GRACE_MS = 2000;

class Wait {
  readonly #plan: WaitPlan;
  readonly #state: GoalState;
  readonly #line: StatusLine;
  readonly #ending = new AbortController();
  #resolveEnd: (exitCode: number) => void = () => undefined;
  #command: ChildProcess | null = null;
  #commandDone: Promise<void> = Promise.resolve();
  #announced = false;
  #interrupted = false;

  constructor(plan: WaitPlan) {
    this.#plan = plan;
    this.#state = stateOf(plan.goal);
    this.#line = statusLine(process.stderr, process.env, plan.quiet);
  }

  /** What comes first decides: the wait fulfilled, or ended by time, signal or command. */
  async run(): Promise<number> {
    const { timeoutMs, since } = this.#plan;
    const onlyTheLog = timeoutMs === 0 && since !== null;
    const timer =
      timeoutMs === null || onlyTheLog ? undefined : setTimeout(() => this.#timedOut(), timeoutMs);
    const ended = new Promise<number>((resolve) => (this.#resolveEnd = resolve));
    process.once('SIGINT', () => this.#interrupt());
    process.once('SIGTERM', () => this.#end(EXIT.sigterm));
    try {
      const code = await Promise.race([this.#fulfil(timer), ended]);
      // Once it is to end, how it ended decides, even if the wait was fulfilled meanwhile.
      return this.#ending.signal.aborted ? await ended : code;
    } catch (error) {
      // 1 is a verdict; whatever kept the wait from one is not.
      sayError(error, 'wait');
      return EXIT.usage;
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
    const options = { signal: this.#ending.signal, ...(autostart === null ? {} : { autostart }) };
    for await (const frame of stream(request, options)) {
      this.#receive(frame);
      if (this.#state.done) break;
    }
    clearTimeout(timer);
    // The command may be what the person is watching.
    await this.#commandDone;
    return exitCodeOfMatch(this.#state.matched, verdict);
  }

  #receive(frame: StreamFrame): void {
    for (const event of this.#state.receive(frame)) {
      if (this.#plan.json) print(stringifyJson(event));
      else this.#line.note(`${event.event_type}: ${event.summary || event.event_id}`);
    }
    if (this.#state.done) return;
    switch (frame.kind) {
      case 'event':
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
        if (frame.level !== 'impossible') this.#line.note(textOfNote(frame));
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
    const { sources, warnings } = this.#state;
    // Of a source that has said why nothing can come, that is the word.
    const alive = sources.flatMap((source) =>
      warnings.some((note) => note.source === source) ? [] : [`${source} is alive`],
    );
    this.#line.update(
      [`waiting for ${this.#state.outstanding().join(', ')}`, ...alive].join(' · '),
    );
  }

  /**
   * The command's output is for people: stdout carries the matched frames only. From now on the
   * terminal is the command's, so no status line is drawn into it.
   */
  #start(command: readonly string[]): void {
    const [program = '', ...args] = command;
    this.#line.clear();
    const child = spawn(program, args, { stdio: ['inherit', 2, 2], cwd: process.cwd() });
    this.#command = child;
    this.#commandDone = new Promise((resolve) => {
      child.once('error', (error) => {
        say(`waitbus wait: ${program} could not be run: ${error.message}`);
        this.#end(EXIT.usage);
        resolve();
      });
      child.once('exit', (code, signal) => {
        this.#command = null;
        const failed = signal === null ? (code ?? 0) : 128 + constants.signals[signal];
        if (this.#interrupted) this.#end(EXIT.sigint);
        else if (failed !== 0 && !this.#ending.signal.aborted) {
          say(`waitbus wait: ${command.join(' ')} ended with ${signal ?? failed}`);
          this.#end(failed);
        }
        resolve();
      });
    });
  }

  /** Ctrl-C reaches the command through the terminal; it may end in its own way first. */
  #interrupt(): void {
    this.#interrupted = true;
    if (this.#command === null) this.#end(EXIT.sigint);
    else setTimeout(() => this.#end(EXIT.sigint), GRACE_MS);
  }

  #timedOut(): void {
    this.#line.clear();
    say('waitbus wait: timed out; still waiting for:');
    for (const text of this.#state.outstanding()) say(`  ${text}`);
    this.#end(EXIT.timeout);
  }

  #end(exitCode: number): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    const command = this.#command;
    command?.kill('SIGTERM');
    const timer = setTimeout(() => command?.kill('SIGKILL'), GRACE_MS);
    void this.#commandDone.then(() => {
      clearTimeout(timer);
      this.#resolveEnd(exitCode);
    });
  }
}
