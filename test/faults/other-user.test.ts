/** Another user is closed at accept without a byte, even where permissions were loosened. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

/** Subscribes and prints how many bytes come before the end, or with the first of them. */
const CLIENT = `
const socket = require('net').connect(process.argv[1]);
socket.write(Buffer.from([0, 0, 0, 2, 0x7b, 0x7d]));
const done = (bytes) => { console.log('received', bytes > 0); process.exit(); };
socket.on('data', (chunk) => done(chunk.length));
socket.on('end', () => done(0));
socket.on('error', () => done(0));
`;
const root = process.getuid?.() === 0 && process.platform === 'linux';

test(
  'another user gets not a byte through a socket of mode 0777',
  { skip: root ? false : 'only root can act as another user' },
  async () => {
    await using box = new Sandbox();
    const daemon = await box.daemon();
    for (const path of [box.directory, box.paths.runtimeDir, box.paths.socket])
      chmodSync(path, 0o777);
    const other = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
    const client = ['-e', CLIENT, box.paths.socket];
    const refused = await box.start('setpriv', [...other, ...client]).ended;
    assert.equal(refused.stdout, 'received false\n', refused.stderr);
    await daemon.says(/refused a connection of another user/);
    // The same client as the same user is served, so it is the user that made the difference.
    const served = await box.start(process.execPath, client).ended;
    assert.equal(served.stdout, 'received true\n', served.stderr);
    const own = await WireClient.open(box.paths.socket);
    assert.equal((await own.request({ op: 'status' }))['kind'], 'status');
    own.close();
  },
);
