/**
 * The official MCP inspector's command line on `waitbus mcp`: every call is a server of its own, and a
 * wait of more than 90 seconds goes through two slices of the usual length and loses nothing.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { emit } from 'waitbus';
import { installOnce } from '../support/install-once.js';
import { Sandbox, WAITBUS } from '../support/sandbox.js';

const INSPECTOR = { dependencies: { '@modelcontextprotocol/inspector': '1.0.3' } };
const skip = process.env['WAITBUS_HARNESSES'] === '1' ? false : 'npm run test:harnesses runs it';

interface Called {
  readonly structuredContent: {
    readonly outcome: string;
    readonly said: string;
    readonly next: Readonly<Record<string, unknown>> | null;
  };
}

async function inspect(box: Sandbox, ...args: readonly string[]): Promise<unknown> {
  const place = await installOnce('mcp-inspector', INSPECTOR, { anyEngine: true });
  const program = join(place, 'node_modules', '.bin', 'mcp-inspector');
  const server = [process.execPath, WAITBUS, 'mcp'];
  const { stdout, stderr, code } = await box.start(program, ['--cli', ...server, ...args]).ended;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const note = (n: number) => ({ source: 'agent', event_type: 'agent_note', summary: `note ${n}` });

test('the inspector lists the tools', { skip }, async () => {
  await using box = new Sandbox();
  const { tools } = (await inspect(box, '--method', 'tools/list')) as { tools: { name: string }[] };
  assert.equal(tools[0]?.name, 'wait');
});

test(
  'a wait of 90 s through two slices loses nothing that is emitted in between',
  { skip },
  async (t) => {
    await using box = new Sandbox();
    await box.daemon();
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    const seen: string[] = [];
    let args: Readonly<Record<string, unknown>> = { source: 'agent', count: 4, timeout_s: 600 };
    for (let slice = 1; ; slice += 1) {
      const options = Object.entries(args).flatMap(([name, value]) => [
        '--tool-arg',
        `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      ]);
      // The last one comes when the wait is 90 seconds old.
      const late =
        slice === 2 ? setTimeout(() => void emit(note(4), box), 90_000 - seconds() * 1000) : null;
      const call = ['--method', 'tools/call', '--tool-name', 'wait', ...options];
      const { structuredContent: result } = (await inspect(box, ...call)) as Called;
      if (late !== null) clearTimeout(late);
      seen.push(...[...result.said.matchAll(/note (\d)/g)].map(([, n = '']) => n));
      t.diagnostic(`${seconds().toFixed(1)} s: ${result.outcome}, seen ${seen.join(' ')}`);
      if (result.outcome === 'matched') break;
      assert.equal(result.outcome, 'pending');
      // Between two calls there is no server at all.
      if (slice === 1) await emit([note(1), note(2), note(3)], box);
      args = result.next ?? {};
    }
    assert.deepEqual(seen, ['1', '2', '3', '4']);
    assert.ok(seconds() >= 90, `it took ${seconds()} s`);
  },
);
