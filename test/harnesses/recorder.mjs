/**
 * Stands where waitbus is installed: `node recorder.mjs FILE hook HARNESS EVENT` appends what the harness
 * gave that hook to FILE, and `... mcp` is an MCP server with one tool, `wait`, which answers at once.
 * The file is named in the arguments because a harness may filter the environment.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const RESULTS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'recorder', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({
    tools: [
      { name: 'wait', description: 'Waits.', inputSchema: { type: 'object', properties: {} } },
    ],
  }),
  'tools/call': () => ({ content: [{ type: 'text', text: 'it happened' }] }),
};

const [file, command, ...args] = process.argv.slice(2);

if (command === 'hook') {
  const stdin = readFileSync(0, 'utf8');
  appendFileSync(file, `${JSON.stringify({ args: args.slice(1), stdin })}\n`);
} else if (command === 'mcp') {
  for await (const line of createInterface({ input: process.stdin })) answer(JSON.parse(line));
}

function answer({ id, method, params }) {
  if (id === undefined) return;
  const result = RESULTS[method]?.(params);
  const said = result === undefined ? { error: { code: -32601, message: method } } : { result };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...said })}\n`);
}
