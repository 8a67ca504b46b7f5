/** docker: a container of a real engine ends with a failure. */
import { spawnSync } from 'node:child_process';
import { DockerEngine } from '../../support/docker-engine.js';
import { ofWallClock } from '../clock.js';
import type { Subject } from '../subject.js';

/** With a fraction of nine digits, which Date cuts at three. */
const TIME = /^(.*:\d\d)(\.\d+)?Z$/;

export const docker: Subject = {
  source: 'docker',
  moment: 'when the engine says that the container ended (`State.FinishedAt`)',
  missing: () =>
    spawnSync('dockerd', ['--version']).status === 0 ? null : 'there is no dockerd on PATH',
  prepare: async (box) => {
    const engine = await DockerEngine.start();
    if (typeof engine === 'string') throw new Error(engine);
    box.env['DOCKER_HOST'] = engine.host;
    return {
      counterpart: `Docker ${await engine.must('version', '--format', '{{.Server.Version}}')}`,
      wait: (round) => [
        ...['--source', 'docker', '--match', 'fields.conclusion="failure"'],
        ...['--match', `fields.container="container-${round}"`],
      ],
      happen: async (round) => {
        const name = `container-${round}`;
        await engine.run('exit 3', '--name', name);
        const finished = await engine.must('inspect', '--format', '{{.State.FinishedAt}}', name);
        const [, seconds = '', fraction = ''] = TIME.exec(finished) ?? [];
        return ofWallClock(Date.parse(`${seconds}Z`) + Number(`0${fraction}`) * 1000);
      },
      cleanup: () => engine.stop(),
    };
  },
};
