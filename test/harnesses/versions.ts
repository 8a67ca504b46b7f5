/** The harnesses that the tests drive, and at which versions: those were measured, on Node 20. */
export const REAL_HARNESSES = ['claude', 'codex', 'gemini', 'opencode', 'copilot'] as const;

export type RealHarness = (typeof REAL_HARNESSES)[number];

export interface Release {
  readonly package: string;
  readonly version: string;
  /** In node_modules/.bin. */
  readonly program: string;
}

/** opencode lays this into each new home, which takes it 10 s: the tests give it one that is there. */
export const OPENCODE_PLUGIN: Omit<Release, 'program'> = {
  package: '@opencode-ai/plugin',
  version: '1.18.33',
};

export const VERSIONS: Readonly<Record<RealHarness, Release>> = {
  claude: { package: '@anthropic-ai/claude-code', version: '2.1.197', program: 'claude' },
  codex: { package: '@openai/codex', version: '0.169.0', program: 'codex' },
  gemini: { package: '@google/gemini-cli', version: '0.61.0', program: 'gemini' },
  opencode: { package: 'opencode-ai', version: '1.18.33', program: 'opencode' },
  copilot: { package: '@github/copilot', version: '1.0.102', program: 'copilot' },
};
