/** What wakes a session of a harness: its messages, from its first hook on, and what it asked for. */
import { listWatches, registerWatch, removeWatch } from '../client/watches.js';
import type { ReachOptions } from '../client/reach.js';
import type { Budget } from '../wake/budget.js';
import { holdForWake } from '../wake/hold.js';
import type { Wakes } from './hook.js';

/** @param budget how often it is woken; default: as a session at rest may be */
export function sessionWakes(options: ReachOptions, budget: Budget | undefined): Wakes {
  return {
    meet: async (name) => {
      await registerWatch({ name, match: messagesTo(name), sources: ['agent'] }, options);
    },
    leave: async (name) => {
      await removeWatch(name, undefined, options);
    },
    expects: async (name) => {
      const messages = messagesTo(name).join();
      const watches = await listWatches(name, options);
      return watches.some(({ match }) => match?.join() !== messages);
    },
    hold: (name, holdMs, signal) =>
      holdForWake(
        {
          name,
          holdMs,
          ...(budget === undefined ? {} : { budget }),
          ...(signal === undefined ? {} : { signal }),
        },
        options,
      ),
  };
}

function messagesTo(name: string): string[] {
  return ['event_type="agent_message"', `fields.msg_to=${JSON.stringify(name)}`];
}
