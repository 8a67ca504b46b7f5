/** One run of the benchmark: its plan, the systems that are there, and what went wrong. */
import { isInterrupted } from './life.js';
import type { Plan } from './plan.js';
import type { SubscriberReport } from './programs/jobs.js';
import { SYSTEMS, type SystemName } from './systems/clients.js';

export class Bench {
  readonly plan: Plan;
  readonly #present: readonly SystemName[];
  /** Everything that was lost, out of order or broken. */
  readonly problems: string[] = [];
  #group = '';

  constructor(plan: Plan, present: readonly SystemName[]) {
    this.plan = plan;
    this.#present = present;
  }

  begin(group: string): void {
    this.#group = group;
  }

  say(text: string): void {
    process.stderr.write(`bench: ${this.#group}: ${text}\n`);
  }

  problem(text: string): void {
    this.problems.push(`${this.#group}: ${text}`);
    this.say(`PROBLEM: ${text}`);
  }

  /** Of these systems, the ones that can be run here. */
  present(systems: readonly SystemName[] = SYSTEMS): SystemName[] {
    return systems.filter((system) => this.#present.includes(system));
  }

  /** Runs every system once a round, each round beginning with another one. */
  async inTurn(
    systems: readonly SystemName[],
    measure: (system: SystemName, round: number) => Promise<void>,
    rounds: number = this.plan.rounds,
  ): Promise<void> {
    const present = this.present(systems);
    for (let round = 0; round < rounds; round += 1) {
      this.say(`round ${round + 1} of ${rounds}`);
      for (let turn = 0; turn < present.length; turn += 1) {
        const system = present[(round + turn) % present.length] as SystemName;
        try {
          await measure(system, round);
        } catch (error) {
          if (isInterrupted()) throw error;
          this.problem(`${system} broke: ${(error as Error).message}`);
        }
      }
    }
  }

  verify(system: SystemName, seen: SubscriberReport, expected: number): void {
    const { delivered, misplaced } = seen;
    if (delivered !== expected) this.problem(`${system} delivered ${delivered} of ${expected}`);
    if (misplaced !== 0) this.problem(`${system} delivered ${misplaced} out of order or twice`);
  }
}
