import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { noUncheckedJoin } from './lint/no-unchecked-join.js';
import { sanitisedOutput } from './lint/sanitised-output.js';

/** The rules of this repository alone. */
const waitbus = {
  rules: { 'no-unchecked-join': noUncheckedJoin, 'sanitised-output': sanitisedOutput },
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/.build/**',
      'eslint-rules/*.d.ts',
      'docs/**',
      'test/fixtures/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.js'] } },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'suite', 'describe', 'it'] },
          ],
        },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['*/src/**/*.ts', 'plugins/*/src/**/*.ts', 'plugin-sdk/create/src/**/*.ts'],
    ignores: [
      'cli/src/terminal/{ask,output,print,read-hidden,status-line}.ts',
      'plugin-sdk/src/conformance/print.ts',
      // Without a dependency; it quotes nobody but who types.
      'plugin-sdk/create/src/main.ts',
    ],
    plugins: { waitbus },
    rules: { 'waitbus/sanitised-output': 'error' },
  },
  {
    files: ['cli/src/plugins/**/*.ts', 'cli/src/commands/plugin/**/*.ts'],
    plugins: { waitbus },
    rules: { 'waitbus/no-unchecked-join': 'error' },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly' },
      parserOptions: { projectService: false },
    },
    rules: { ...tseslint.configs.disableTypeChecked.rules, 'no-console': 'off' },
  },
);
