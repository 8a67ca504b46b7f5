/** What the tests of the client library share: an event, a promise to resolve, a code to expect. */
import { WaitbusError } from 'waitbus';

export const done = (n: number) => ({
  source: 'agent',
  event_type: 'agent_finished',
  fields: { n },
});

/** A promise, and the function that resolves it. */
export function signal(): { readonly happened: Promise<void>; readonly happen: () => void } {
  let happen: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => (happen = resolve));
  return { happened, happen };
}

export const hasCode = (code: string) => (error: unknown) =>
  error instanceof WaitbusError && error.code === code;
