/** GitHub's words for how something ended, in those of the common vocabulary. Pure. */
import { CONCLUSIONS, type Conclusion } from '@waitbus/plugin-sdk';

/**
 * Only of what is over: a run that is run again keeps its old conclusion for a moment.
 * @returns undefined as well for a word that is not known; it stays in the payload
 */
export function conclusionOf(status: string | undefined, value: unknown): Conclusion | undefined {
  if (status !== 'completed') return undefined;
  // The workflow file could not be run.
  if (value === 'startup_failure') return 'failure';
  return CONCLUSIONS.find((known) => known === value);
}
