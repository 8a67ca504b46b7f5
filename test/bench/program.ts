/** The parent's half of a program: forks it, gives it its job, and hears its report. */
import { fork, type ChildProcess } from 'node:child_process';
import { compiled } from './compile.js';
import { enter, forget } from './life.js';
import type {
  ProducerJob,
  ProducerReport,
  SubscriberJob,
  SubscriberReport,
} from './programs/jobs.js';

interface Programs {
  producer: { job: ProducerJob; report: ProducerReport };
  subscribers: { job: SubscriberJob; report: SubscriberReport };
}

/** Longer than this takes only what hangs, the machine being as busy as it may. */
const LIMIT_MS = 300_000;

type Message<Report> = { readonly armed?: true; readonly report?: Report };

export class Program<Name extends keyof Programs> implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #limit: NodeJS.Timeout;
  /** Resolves when it is connected and subscribed. */
  readonly armed: Promise<void>;
  readonly report: Promise<Programs[Name]['report']>;

  constructor(name: Name, job: Programs[Name]['job']) {
    const child = fork(compiled(name), { execArgv: [] });
    this.#child = child;
    let fail: (error: Error) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => (fail = reject));
    child.on('error', fail);
    child.once('exit', (code, signal) =>
      fail(new Error(`the ${name} ended with ${signal ?? code}`)),
    );
    const late = new Error(`the ${name} was not done after ${LIMIT_MS / 1000} s`);
    this.#limit = setTimeout(() => fail(late), LIMIT_MS);
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => resolve());
    });
    const next = <T>(take: (message: Message<Programs[Name]['report']>) => T | undefined) => {
      const came = new Promise<T>((resolve) => {
        child.on('message', (message: Message<Programs[Name]['report']>) => {
          const taken = take(message);
          if (taken !== undefined) resolve(taken);
        });
      });
      const first = Promise.race([came, failed]);
      first.catch(() => undefined);
      return first;
    };
    this.armed = next((message) => message.armed).then(() => undefined);
    this.armed.catch(() => undefined);
    this.report = next((message) => message.report);
    child.send({ job });
    enter(this);
  }

  /** The producer begins; the subscribers report what they have. */
  giveWord(): void {
    this.#child.send({ word: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#limit);
    this.#child.kill('SIGKILL');
    await this.#ended;
    forget(this);
  }
}
