/** Configurations as people have them, one a harness: comments, other hooks, other servers, odd forms. */

/** By their paths, in a home or a project. */
export const USER: Readonly<Record<string, string>> = {
  '.claude/settings.json': `{
  // how I like it
  "model": "opus", /* never changed */
  "hooks": {
    "Stop": [
      {
        "hooks": [{ "type": "command", "command": "say done" }], // speaks
      },
    ],
    "PreToolUse": [], // none yet
  },
}
`,
  '.claude.json': '{"numStartups":3,"mcpServers":{"other":{"command":"other"}},"projects":{}}',
  '.codex/hooks.json': `{\r\n\t"hooks": {\r\n\t\t"Stop": [{ "hooks": [] }]\r\n\t}\r\n}`,
  '.codex/config.toml': `# mine
model = "gpt" # the good one
notify = [
  "say", # with a voice
  "done",
]

[mcp_servers.other] # another
command = 'other'

[mcp_servers.other.env]
NOTE = """
[mcp_servers.waitbus]
"""

[[profiles]]
name = "a"
# the end`,
  '.gemini/settings.json': `\uFEFF{
    "theme": "dark",
    "hooks": { "AfterAgent": [ { "hooks": [ { "type": "command", "command": "x" } ] } ] }
}`,
  '.copilot/mcp-config.json': '{}',
  '.config/opencode/opencode.json': '{\n\t"$schema": "https://opencode.ai/config.json"\n}\n',
  '.config/opencode/plugin/other.js': 'export const Other = async () => ({});\n',
  '.cursor/hooks.json': '{ "version": 1, "hooks": { "stop": [ { "command": "./mine.sh" } ] } }\n',
  '.cursor/mcp.json': '',
  '.codeium/windsurf/hooks.json': '{\n}\n',
  '.codeium/windsurf/mcp_config.json': '{\n  "mcpServers": {\n    // none\n  }\n}\n',
  'Documents/Cline/Rules/Hooks/PreToolUse': '#!/bin/sh\n',
  '.bashrc': 'export EDITOR=vi\n',
};

export const PROJECT: Readonly<Record<string, string>> = {
  '.claude/settings.json': '{ "permissions": { "allow": ["Bash(ls)"] } }',
  '.mcp.json': '{\n  "mcpServers": {}\n}\n',
  '.codex/config.toml': 'mcp_servers = { other = { command = "other" } }\n',
  '.gemini/settings.json': '{\n  "hooks": {}\n}\n',
  '.github/workflows/ci.yml': 'on: push\n',
  'opencode.json': '{\n  "mcp": { "x": { "type": "local", "command": ["x"] } },\n}\n',
  '.cursor/mcp.json': '{"mcpServers":{}}',
};
