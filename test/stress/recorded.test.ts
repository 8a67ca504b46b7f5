/**
 * The ledger against the samples of `npm run test:harnesses`: real CLIs, in turns of several requests
 * with tools, beside what the fake server said of every request.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { READERS } from '../../cli/src/stress/ledger/index.js';
import { REPO } from '../support/sandbox.js';

interface Usage {
  readonly uncached: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}
interface Made {
  /** Of all requests. */
  readonly usage: Usage;
  /** Without those that a CLI makes besides a turn, for a title say. */
  readonly turnUsage: Usage;
}

/** What each CLI tells of what the server said. Writes to the cache are in no protocol but Claude's. */
const TOLD = {
  claude: ({ usage: made }: Made) => ({
    input_uncached: made.uncached,
    cache_read: made.cacheRead,
    cache_write: made.cacheWrite,
    output: made.output + made.reasoning,
    reasoning: null,
  }),
  codex: ({ usage }: Made) => ({ ...apart(usage), cache_write: 0 }),
  gemini: ({ usage }: Made) => ({ ...apart(usage), cache_write: null }),
  // Its title costs a request of which it tells nothing.
  opencode: ({ turnUsage }: Made) => ({ ...apart(turnUsage), cache_write: 0 }),
  copilot: () => ({
    input_uncached: null,
    cache_read: null,
    cache_write: null,
    output: null,
    reasoning: null,
  }),
} as const;

function apart({ uncached, cacheRead, output, reasoning }: Usage) {
  return { input_uncached: uncached, cache_read: cacheRead, output, reasoning };
}

for (const [name, told] of Object.entries(TOLD) as [keyof typeof TOLD, (typeof TOLD)['claude']][]) {
  const directory = join(REPO, 'test', 'harnesses', 'samples', name);
  const skip = existsSync(directory) ? false : `${directory} is not there`;
  test(`what ${name} printed of a turn with tools comes out as the server said`, { skip }, () => {
    const read = (file: string) => readFileSync(join(directory, file), 'utf8');
    const made = JSON.parse(read('made.json')) as Made;
    assert.deepEqual(READERS[name](read('output.txt'))?.tokens, told(made));
  });
}
