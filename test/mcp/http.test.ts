/** `waitbus mcp --http`: for who has the token, on loopback, and for no web page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Sandbox } from '../support/sandbox.js';

interface Served {
  readonly url: string;
  readonly token: string;
}

test('both protocol generations are served to who has the token, and nobody else', async () => {
  await using box = new Sandbox();
  const server = box.waitbus(['mcp', '--http', '--slice', '1s']);
  const { url, token } = JSON.parse(await server.says(/\{"url".*\}/)) as Served;
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
  const headers = { Authorization: `Bearer ${token}` };
  for (const mode of ['legacy', 'auto'] as const) {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
    );
    const expected = mode === 'auto' ? '2026-07-28' : '2025-11-25';
    assert.equal(client.getNegotiatedProtocolVersion(), expected);
    const wait = { name: 'wait', arguments: { source: 'agent', timeout_s: 60 } };
    const { structuredContent } = await client.callTool(wait);
    assert.equal((structuredContent as { outcome: string }).outcome, 'pending');
    await client.close();
  }
  const status = async (path: string, given: Record<string, string>) => {
    const answer = await fetch(new URL(path, url), { method: 'POST', body: '{}', headers: given });
    await answer.text();
    return answer.status;
  };
  assert.equal(await status('/mcp', {}), 401);
  assert.equal(await status('/mcp', { Authorization: `Bearer ${token}x` }), 401);
  assert.equal(await status('/mcp', { ...headers, Origin: 'https://example.com' }), 403);
  assert.equal(await status('/other', headers), 404);
  server.child.kill('SIGTERM');
  assert.equal((await server.ended).code, 143);
});
