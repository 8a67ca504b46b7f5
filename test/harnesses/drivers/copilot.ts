/** Copilot CLI with a provider of one's own. It tells requests and the tokens of what was said, no cost. */
import { lines, object, text } from '../json.js';
import { UNTOLD, type Driver } from './driver.js';

export const copilot: Driver = {
  name: 'copilot',
  files: () => ({}),
  env: ({ home, model }) => ({
    COPILOT_HOME: `${home}/.copilot`,
    COPILOT_OFFLINE: 'true',
    COPILOT_PROVIDER_BASE_URL: `${model}/v1`,
    COPILOT_PROVIDER_API_KEY: 'fake',
    COPILOT_MODEL: 'claude-sonnet-4.5',
    COPILOT_AUTO_UPDATE: 'false',
  }),
  args: (_ground, prompt) => ['-p', prompt, '--allow-all', '--output-format', 'json', '--no-color'],
  read(stdout) {
    const told = lines(stdout);
    const result = told.findLast((line) => line['type'] === 'result');
    const said = told.filter((line) => line['type'] === 'assistant.message');
    return {
      session: text(result?.['sessionId']) || null,
      text: text(object(said.at(-1)?.['data'])['content']),
      usage: UNTOLD,
      costUsd: null,
    };
  },
};
