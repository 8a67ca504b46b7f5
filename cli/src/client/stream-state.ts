/** What the frames of a stream say of the stream itself: replay, arming, what keeps it. Pure. */
import { Arming } from './arming.js';
import { isObstacle, type Obstacle } from './obstacle.js';
import type { StreamFrame, WaitNoteFrame } from './stream.js';

/** What is said of a subscription as a whole, and not by one of its sources. */
const WHOLE = 'waitbus';

export class StreamState {
  readonly #arming: Arming;
  readonly #dead = new Map<string, Obstacle>();
  /** The last of each code and clause of a source. */
  readonly #notes = new Map<string, WaitNoteFrame>();
  readonly #emitOnly = new Set<string>();
  #replaying = true;

  constructor(sources: readonly string[]) {
    this.#arming = new Arming(sources);
  }

  /** Whether nothing can be missed any more. */
  get armed(): boolean {
    return this.#arming.armed && !this.#replaying;
  }

  /** What the log holds is still coming: it may answer where no source can any more. */
  get replaying(): boolean {
    return this.#replaying;
  }

  /** How its sources are, for people; of one that has said why nothing can come, that is the word. */
  linesOn(sources: readonly string[]): readonly string[] {
    return sources
      .filter((source) => !this.warnings.some((note) => note.source === source))
      .map((source) =>
        this.#emitOnly.has(source) ? `listening for ${source}` : `${source} is alive`,
      );
  }

  /** Why no event can come as things are. */
  get warnings(): readonly WaitNoteFrame[] {
    return [...this.#notes.values()];
  }

  /**
   * Why no event of the source can meet a clause; undefined when one can.
   * @param source null: of any source
   * @param clause its place among the clauses of the request
   */
  obstacleTo(source: string | null, clause: number): Obstacle | undefined {
    const by = source ?? WHOLE;
    const impossible = this.warnings.find(
      (note): note is WaitNoteFrame & Obstacle =>
        note.source === by && (note.clauses?.includes(clause) ?? true) && isObstacle(note),
    );
    return this.#dead.get(by) ?? impossible;
  }

  receive(frame: StreamFrame): void {
    this.#arming.receive(frame);
    switch (frame.kind) {
      case 'subscribe_ack':
        this.#replaying = frame.caught_up_at !== null;
        break;
      case 'caught_up':
        this.#replaying = false;
        break;
      case 'disconnected':
        // The next daemon looks at it anew.
        this.#notes.clear();
        break;
      case 'wait_note':
        this.#note(frame);
        break;
      case 'source_state':
        if (isObstacle(frame)) this.#dead.set(frame.source, frame);
        else this.#dead.delete(frame.source);
        if (frame.emit_only === true) this.#emitOnly.add(frame.source);
        break;
      case 'event':
      case 'gap':
      case 'tick':
        break;
    }
  }

  #note(note: WaitNoteFrame): void {
    const { source, code, clauses = [], level } = note;
    const key = JSON.stringify([source, code, clauses]);
    if (level === 'warning' || level === 'impossible') this.#notes.set(key, note);
    else this.#notes.delete(key);
  }
}
