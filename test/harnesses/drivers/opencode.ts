/** `opencode run`. What it used is told step by step and has to be added up. */
import { lines, number, object, text } from '../json.js';
import { UNTOLD, type Driver, type Ground } from './driver.js';

export const opencode: Driver = {
  name: 'opencode',
  files: () => ({}),
  env: (ground) => ({
    OPENCODE_CONFIG_CONTENT: JSON.stringify(configuration(ground)),
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  }),
  args: (_ground, prompt) => ['run', '--format', 'json', prompt],
  read(stdout) {
    const told = lines(stdout);
    const parts = told.map((line) => object(line['part']));
    const steps = parts.filter((part) => part['type'] === 'step-finish');
    const total = (of: (tokens: ReturnType<typeof object>) => unknown) =>
      steps.reduce((sum, step) => sum + number(of(object(step['tokens']))), 0);
    return {
      session: text(told[0]?.['sessionID']) || null,
      text: text(parts.findLast((part) => part['type'] === 'text')?.['text']),
      usage:
        steps.length === 0
          ? UNTOLD
          : {
              uncached: total((tokens) => tokens['input']),
              cacheRead: total((tokens) => object(tokens['cache'])['read']),
              cacheWrite: total((tokens) => object(tokens['cache'])['write']),
              output: total((tokens) => tokens['output']),
              reasoning: total((tokens) => tokens['reasoning']),
            },
      costUsd:
        steps.length === 0 ? null : steps.reduce((sum, step) => sum + number(step['cost']), 0),
    };
  },
};

function configuration({ model }: Ground) {
  return {
    model: 'fake/fake-model',
    small_model: 'fake/fake-model',
    autoupdate: false,
    share: 'disabled',
    permission: { '*': 'allow' },
    provider: {
      fake: {
        npm: '@ai-sdk/openai-compatible',
        name: 'fake',
        options: { baseURL: `${model}/v1`, apiKey: 'fake' },
        models: { 'fake-model': { name: 'fake', limit: { context: 128000, output: 8000 } } },
      },
    },
  };
}
