/**
 * Writes what of the Claude Code plugin and the Gemini extension follows from the plans of `waitbus
 * install`: their hooks and their MCP servers. With --check it only says whether they are as written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { HARNESSES } from './dist/harness/index.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const { version, license } = JSON.parse(readFileSync(`${here}package.json`, 'utf8'));
const description =
  'Wait until a test run, a build, CI or another coding agent finishes, instead of polling; and be heard by them.';

/** What a plan puts into its files, by the path in them. */
function planned(name) {
  const edits = HARNESSES[name].plan({
    scope: 'project',
    home: '/home',
    project: '/project',
    env: {},
    command: ['waitbus'],
  });
  const hooks = {};
  const servers = {};
  for (const { kind, path, value } of edits) {
    if (kind === 'json-append') (hooks[path.at(-1)] ??= []).push(value);
    if (kind === 'json-set') servers[path.at(-1)] = value;
  }
  return { hooks, servers };
}

const claude = planned('claude');
const gemini = planned('gemini');
const files = {
  'claude-plugin/.claude-plugin/plugin.json': {
    name: 'waitbus',
    version,
    description,
    author: { name: 'waitbus' },
    license,
    keywords: ['agents', 'events', 'ci', 'wait'],
  },
  'claude-plugin/.mcp.json': { mcpServers: claude.servers },
  'claude-plugin/hooks/hooks.json': { description, hooks: claude.hooks },
  'gemini-extension/gemini-extension.json': {
    name: 'waitbus',
    version,
    description,
    mcpServers: gemini.servers,
    contextFileName: 'GEMINI.md',
  },
  'gemini-extension/hooks/hooks.json': { hooks: gemini.hooks },
};
const skill = readFileSync(`${here}claude-plugin/skills/waitbus/SKILL.md`, 'utf8');
const texts = {
  // The same words, without the front matter.
  'gemini-extension/GEMINI.md': skill.replace(/^---\n[^]*?\n---\n\n/, ''),
};
const style = await resolveConfig(`${here}package.json`);
for (const [file, data] of Object.entries(files)) {
  texts[file] = await format(JSON.stringify(data), { ...style, filepath: file, parser: 'json' });
}

for (const [file, text] of Object.entries(texts)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(`${here}${file}`, text);
  } else if (readFileSync(`${here}${file}`, 'utf8') !== text) {
    console.error(`plugins/agent/${file} is stale: node plugins/agent/write-plugins.mjs`);
    process.exitCode = 1;
  }
}
