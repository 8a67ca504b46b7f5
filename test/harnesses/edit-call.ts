/** How each harness's model writes a file: the tool and its arguments, as that harness offers it. Pure. */
import type { Step, Turn } from './model/scenario.js';
import type { RealHarness } from './versions.js';

export const EDITED = 'note.txt';
const CONTENT = 'hello\n';

export function editCall(name: RealHarness, turn: Turn, work: string): Step {
  const path = `${work}/${EDITED}`;
  switch (name) {
    case 'claude':
      return { kind: 'call', tool: 'Write', args: { file_path: path, content: CONTENT } };
    case 'gemini':
      return { kind: 'call', tool: 'write_file', args: { file_path: path, content: CONTENT } };
    case 'opencode':
      return { kind: 'call', tool: 'write', args: { filePath: path, content: CONTENT } };
    case 'copilot':
      return { kind: 'call', tool: 'create', args: { path, file_text: CONTENT } };
    case 'codex': {
      const patch = `*** Begin Patch\n*** Add File: ${EDITED}\n+hello\n*** End Patch\n`;
      const shell = turn.tools.includes('custom:apply_patch')
        ? { tool: 'custom:apply_patch', args: { input: patch } }
        : { tool: 'exec_command', args: { cmd: `apply_patch <<'EOF'\n${patch}EOF` } };
      return { kind: 'call', ...shell };
    }
  }
}
