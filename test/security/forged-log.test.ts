/** A source wants to forge lines of the daemon's log, or their level, time and author. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginBox } from '../plugins/support.js';
import { assertPlain, HOSTILE, linesOf } from './hostile.js';

const FORGING = `const hostile = ${JSON.stringify(HOSTILE)};
export default {
  name: 'mine',
  async start(ctx) {
    const details = { level: 60, time: 1, msg: 'forged', source: 'github', pid: 1, err: hostile };
    ctx.log.info('said' + hostile, { ...details, [hostile]: hostile });
    ctx.log.debug('none', {});
    console.log('printed' + hostile);
    console.error('printed' + hostile);
    ctx.ready();
    await ctx.emit({ event_type: 'tick' });
  },
};
`;

interface Line {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly source?: string;
  readonly details?: Record<string, unknown>;
}

test('neither details nor text nor output of a source make a line, a level or a time of ours', async () => {
  await using box = new PluginBox();
  const file = await box.tarball({ files: { 'index.js': FORGING } });
  await box.add(file);
  const before = Date.now();
  const daemon = await box.daemon();
  const waited = await box.run(['wait', '--source', 'mine', '--timeout', '60s']);
  assert.equal(waited.code, 0, waited.stderr);
  await daemon.says(/printed/);
  daemon.child.kill('SIGTERM');
  const { stdout, stderr } = await daemon.ended;
  assertPlain({ stdout, stderr });
  const lines = linesOf(stderr).map((line) => JSON.parse(line) as Line);
  for (const [at, line] of linesOf(stderr).entries()) {
    const again = JSON.stringify(lines[at]);
    assert.equal(JSON.stringify(JSON.parse(line)).length, again.length);
    for (const member of ['level', 'time', 'msg']) {
      const own = { ...lines[at], details: undefined };
      assert.equal(JSON.stringify(own).split(`"${member}":`).length, 2, line);
    }
    assert.ok((lines[at]?.time ?? 0) >= before, line);
    assert.ok((lines[at]?.level ?? 60) <= 40, line);
  }
  const said = lines.find(({ msg }) => msg.startsWith('said'));
  assert.equal(said?.level, 30);
  assert.equal(said.source, 'mine');
  assert.equal(said.details?.['level'], 60);
  assert.equal(said.details[HOSTILE], HOSTILE, 'what it said is there, as it said it');
  const none = lines.find(({ msg }) => msg === 'none');
  assert.equal(none?.details, undefined);
});
