/** A load program as the stage sees it: what it says, and the words it takes. */
import type { Running } from '../support/sandbox.js';

export class Program {
  readonly name: string;
  readonly running: Running;
  /** The highest number said with each word. */
  readonly #said = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #ended = false;
  #rest = '';

  constructor(name: string, running: Running) {
    this.name = name;
    this.running = running;
    running.child.stdout?.on('data', (text: string) => {
      const lines = `${this.#rest}${text}`.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#heard(line);
      this.#wake();
    });
    void running.ended.then(() => {
      this.#ended = true;
      this.#wake();
    });
    // A program that is killed may be told something at that moment.
    running.child.stdin?.on('error', () => undefined);
  }

  get pid(): number {
    return this.running.child.pid ?? 0;
  }

  /** The highest number that it has said with a word; 0 before the first. */
  said(word: string): number {
    return this.#said.get(word) ?? 0;
  }

  /** Resolves once it has said the word with this number or a higher one; rejects when it ends. */
  async says(word: string, atLeast = 1): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const check = () => {
        if (this.said(word) >= atLeast) resolve();
        else if (this.#ended) reject(new Error(`${this.name} ended without '${word} ${atLeast}'`));
        else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    }).catch(async (error: Error) => {
      const { code, signal, stderr } = await this.running.ended;
      throw new Error(`${error.message}: ${signal ?? code}\n${stderr}`, { cause: error });
    });
    return this.said(word);
  }

  tell(line: string): void {
    this.running.child.stdin?.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.running.child.kill(signal);
  }

  /** Ends it without a word; resolves once it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.running.ended;
  }

  #heard(line: string): void {
    const [word = '', number = ''] = line.split(' ');
    this.#said.set(word, Math.max(Number(number), this.said(word)));
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
