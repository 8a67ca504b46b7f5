/** pytest: a test fails in a run that goes on. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ofNanoseconds } from '../clock.js';
import type { Subject } from '../subject.js';

const SUITE = `
import time

def test_fails():
    with open("moment", "w") as file:
        file.write(str(time.monotonic_ns()))
    assert 1 == 2

def test_passes():
    pass
`;

const version = () => spawnSync('python3', ['-m', 'pytest', '--version'], { encoding: 'utf8' });

export const pytest: Subject = {
  source: 'pytest',
  moment: 'just before the assertion fails',
  missing: () => (version().status === 0 ? null : 'python3 has no pytest'),
  prepare: async (box) => {
    writeFileSync(join(box.work, 'test_suite.py'), SUITE);
    const { stdout, stderr } = version();
    return {
      counterpart: (stdout + stderr).trim().split('\n')[0] ?? '',
      wait: () => ['--source', 'pytest', '--match', 'fields.event_type="pytest_test"'],
      happen: async () => {
        const args = ['pytest', '--', '-q', '-p', 'no:cacheprovider', 'test_suite.py'];
        await box.waitbus(args).ended;
        return ofNanoseconds(BigInt(readFileSync(join(box.work, 'moment'), 'utf8')));
      },
    };
  },
};
