/** `codex exec`. Its `input_tokens` holds the cached ones, its `output_tokens` the reasoning. */
import { lines, number, object, text } from '../json.js';
import { UNTOLD, type Driver } from './driver.js';

export const codex: Driver = {
  name: 'codex',
  // It wants its home to be there.
  files: ({ home }) => ({ [`${home}/.codex/config.toml`]: '' }),
  env: ({ home }) => ({ CODEX_HOME: `${home}/.codex`, FAKE_KEY: 'fake' }),
  // What is told here is not in config.toml, which is left to what is installed.
  args: ({ model }, prompt) => [
    'exec',
    '--json',
    '--skip-git-repo-check',
    '--dangerously-bypass-approvals-and-sandbox',
    '--dangerously-bypass-hook-trust',
    ...['model="gpt-5.5"', 'model_provider="fake"', 'model_providers.fake.name="fake"'].flatMap(c),
    ...[`model_providers.fake.base_url="${model}/v1"`].flatMap(c),
    ...['model_providers.fake.wire_api="responses"'].flatMap(c),
    ...['model_providers.fake.env_key="FAKE_KEY"'].flatMap(c),
    ...['model_providers.fake.request_max_retries=0'].flatMap(c),
    prompt,
  ],
  read(stdout) {
    const told = lines(stdout);
    const turn = told.findLast((line) => line['type'] === 'turn.completed');
    const items = told.map((line) => object(line['item']));
    const usage = object(turn?.['usage']);
    const [cached, reasoning] = [usage['cached_input_tokens'], usage['reasoning_output_tokens']];
    return {
      session: text(told.find((line) => line['type'] === 'thread.started')?.['thread_id']) || null,
      text: text(items.findLast((item) => item['type'] === 'agent_message')?.['text']),
      usage:
        turn === undefined
          ? UNTOLD
          : {
              uncached: number(usage['input_tokens']) - number(cached),
              cacheRead: number(cached),
              cacheWrite: null,
              output: number(usage['output_tokens']) - number(reasoning),
              reasoning: typeof reasoning === 'number' ? reasoning : null,
            },
      costUsd: null,
    };
  },
};

function c(setting: string): string[] {
  return ['-c', setting];
}
