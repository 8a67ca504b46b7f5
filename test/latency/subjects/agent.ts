/** agent: a command under `waitbus run` ends with a failure. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { REPO } from '../../support/sandbox.js';
import { ofNanoseconds } from '../clock.js';
import type { Subject } from '../subject.js';

const SCRIPT = `require('fs').writeSync(1, String(process.hrtime.bigint())); process.kill(process.pid, 'SIGKILL')`;

export const agent: Subject = {
  source: 'agent',
  moment: 'just before an agent under `waitbus run` is killed with SIGKILL',
  missing: () =>
    existsSync(join(REPO, 'cli', 'src', 'commands', 'run.ts')) ? null : 'there is no waitbus run',
  prepare: async (box) => ({
    counterpart: `a process of Node ${process.version}`,
    wait: (round) => [
      ...['--source', 'agent', '--match', 'fields.event_type="agent_failed"'],
      ...['--match', `fields.msg_from="agent-${round}"`],
    ],
    happen: async (round) => {
      const args = ['run', '--name', `agent-${round}`, '--', process.execPath, '-e', SCRIPT];
      const { stdout } = await box.waitbus(args).ended;
      return ofNanoseconds(BigInt(stdout));
    },
  }),
};
