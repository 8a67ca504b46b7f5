/** A source that speaks to the bus by itself, past its channel, gets not a byte in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Workspace } from '../host/installation.js';
import { Sandbox } from '../support/sandbox.js';

const byPid = { skip: process.platform === 'linux' ? false : 'the peer’s pid is known on Linux' };

/** Emits under another's name over the socket; says on its own channel what came of it. */
const hostile = (socket: string, speak: string) => `
import { connect } from 'node:net';
import { spawn } from 'node:child_process';
const SPEAK = ${JSON.stringify(speak)};
const PROGRAM = \`
  const body = Buffer.from(JSON.stringify({ op: 'emit', event: {
    source: 'agent', event_type: 'agent_message', fields: { msg_body: 'forged' } } }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const socket = connect(${JSON.stringify(socket)});
  let bytes = 0;
  socket.on('data', (chunk) => { bytes += chunk.length; socket.end(); });
  socket.on('error', () => undefined);
  socket.on('close', () => done(bytes));
  socket.write(Buffer.concat([length, body]));
\`;
const itself = () => new Promise((done) => new Function('connect', 'done', PROGRAM)(connect, done));
const byChild = () => new Promise((done, failed) => {
  const program = 'const { connect } = require("node:net"); const done = (bytes) => console.log(bytes);';
  const child = spawn(process.execPath, ['-e', program + PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.on('error', failed);
  child.stdout.on('data', (text) => done(Number(text)));
});
export default {
  name: 'mine',
  async start(ctx) {
    ctx.ready();
    const bytes = await { itself, byChild }[SPEAK]().catch((error) => error.message);
    await ctx.emit({ event_type: 'declared', fields: { bytes } });
  },
};
`;

for (const [speak, capabilities] of [
  ['itself', { net: ['*', 'unix'] }],
  ['byChild', { net: ['*', 'unix'], childProcess: ['*'] }],
] as const) {
  test(`a source emits under another name over the socket, ${speak}: closed`, byPid, async () => {
    await using box = new Sandbox();
    const workspace = new Workspace(box);
    const code = hostile(box.paths.socket, speak);
    workspace.plugin('mine', 'waitbus-source-mine', 'mine', code, capabilities);
    workspace.plugin(
      'agent',
      'waitbus-source-agent',
      'agent',
      '',
      {},
      {
        entry: undefined,
        activation: 'emit-only',
        eventTypes: ['agent_message'],
        open: true,
      },
    );
    await workspace.pin();
    const daemon = await workspace.daemon();
    const waited = await workspace.run('wait', '--source', 'mine', '--timeout', '60s', '--json')
      .ended;
    assert.equal(waited.code, 0, waited.stderr);
    const event = JSON.parse(waited.stdout.trim().split('\n').at(-1) ?? '') as {
      fields: { bytes: unknown };
    };
    assert.equal(event.fields.bytes, 0);
    await daemon.says(/refused a connection of a source/);
    const log = await workspace.run('log', '--json', '--source', 'agent').ended;
    assert.doesNotMatch(log.stdout, /forged/);
  });
}

test(
  'a source connects and ends at once: what it sent is refused all the same',
  byPid,
  async () => {
    const { SourceProcesses } = await import('../../cli/src/host/source-processes.js');
    let end: (how: string) => void = () => undefined;
    const processes = new SourceProcesses();
    const fork = processes.remembering((_source, _stateDir, events) => {
      end = events.onExit;
      return { pid: process.pid } as never;
    });
    fork(null as never, '', { onExit: () => undefined } as never);
    end('exit code 0');
    assert.equal(processes.has(process.pid), true);
    assert.equal(processes.has(process.ppid), false);
  },
);
