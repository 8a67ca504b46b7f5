/** Claude Code in print mode. Its `input_tokens` leaves out the cache; output holds the reasoning. */
import { lines, number, object, parsed, text } from '../json.js';
import { UNTOLD, type Driver } from './driver.js';

export const claude: Driver = {
  name: 'claude',
  files: () => ({}),
  env: ({ model }) => ({
    ANTHROPIC_BASE_URL: model,
    ANTHROPIC_API_KEY: 'fake',
    ANTHROPIC_MODEL: 'claude-sonnet-4-5',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  }),
  args: (_ground, prompt) => [
    '-p',
    prompt,
    '--output-format',
    'json',
    '--allowedTools',
    'mcp__waitbus,Write,Edit,Bash',
  ],
  read(stdout) {
    const whole = object(parsed(stdout));
    const result = whole['type'] === 'result' ? whole : (lines(stdout).at(-1) ?? {});
    const models = Object.values(object(result['modelUsage'])).map(object);
    const total = (part: string) => models.reduce((sum, model) => sum + number(model[part]), 0);
    const cost = result['total_cost_usd'];
    return {
      session: text(result['session_id']) || null,
      text: text(result['result']),
      usage:
        models.length === 0
          ? UNTOLD
          : {
              uncached: total('inputTokens'),
              cacheRead: total('cacheReadInputTokens'),
              cacheWrite: total('cacheCreationInputTokens'),
              output: total('outputTokens'),
              reasoning: null,
            },
      costUsd: typeof cost === 'number' ? cost : null,
    };
  },
};
