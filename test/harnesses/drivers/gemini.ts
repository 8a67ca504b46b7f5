/** Gemini CLI with a prompt. Per model its `input` is the prompt without the cached. */
import { number, object, parsed, text } from '../json.js';
import { UNTOLD, type Driver } from './driver.js';

export const gemini: Driver = {
  name: 'gemini',
  // Else it takes another base URL for a gateway, which it then refuses.
  files: ({ home }) => ({
    [`${home}/.gemini/settings.json`]: JSON.stringify({
      security: { auth: { selectedType: 'gemini-api-key' } },
    }),
  }),
  env: ({ model }) => ({
    GOOGLE_GEMINI_BASE_URL: model,
    GEMINI_API_KEY: 'fake',
    GEMINI_CLI_NO_RELAUNCH: 'true',
    GEMINI_CLI_TRUST_WORKSPACE: 'true',
  }),
  args: (_ground, prompt) => [
    '-p',
    prompt,
    '-m',
    'gemini-2.5-pro',
    '-o',
    'json',
    '--yolo',
    '--skip-trust',
  ],
  read(stdout) {
    const result = object(parsed(stdout.slice(stdout.indexOf('{'))));
    const models = Object.values(object(object(result['stats'])['models'])).map((model) =>
      object(object(model)['tokens']),
    );
    const total = (part: string) => models.reduce((sum, tokens) => sum + number(tokens[part]), 0);
    return {
      session: text(result['session_id']) || null,
      text: text(result['response']),
      usage:
        models.length === 0
          ? UNTOLD
          : {
              uncached: total('prompt') - total('cached'),
              cacheRead: total('cached'),
              cacheWrite: null,
              output: total('candidates'),
              reasoning: total('thoughts'),
            },
      costUsd: null,
    };
  },
};
