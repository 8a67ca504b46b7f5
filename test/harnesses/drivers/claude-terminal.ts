/** Claude Code at a terminal, with what it asks its user about at a first start answered before. */
import { claude } from './claude.js';
import type { Driver } from './driver.js';

export const claudeTerminal: Driver = {
  ...claude,
  files: (ground) => ({
    [`${ground.home}/.claude.json`]: JSON.stringify({
      hasCompletedOnboarding: true,
      theme: 'dark',
      // It keeps the last 20 characters of a key that its user agreed to.
      customApiKeyResponses: {
        approved: [claude.env(ground)['ANTHROPIC_API_KEY']?.slice(-20)],
        rejected: [],
      },
      projects: { [ground.work]: { hasTrustDialogAccepted: true, allowedTools: [] } },
    }),
  }),
  env: (ground) => ({ ...claude.env(ground), TERM: 'xterm-256color' }),
  args: (_ground, prompt) => [prompt],
};
