/** fs: this process saves a file. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { now } from '../clock.js';
import type { Subject } from '../subject.js';

export const fs: Subject = {
  source: 'fs',
  moment: 'just before the writer closes the file',
  missing: () => null,
  prepare: async (box) => ({
    counterpart: `${process.platform} ${release().split('-')[0]}`,
    wait: (round) => ['--source', 'fs', '--match', `fields.workflow_name="file-${round}"`],
    happen: async (round) => {
      const file = openSync(join(box.work, `file-${round}`), 'w');
      writeSync(file, 'saved\n');
      const moment = now();
      closeSync(file);
      return moment;
    },
  }),
};
