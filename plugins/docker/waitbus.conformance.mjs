/**
 * For the conformance kit: a container runs and fails. Needs an engine at DOCKER_HOST and an image
 * with a shell, `busybox` unless WAITBUS_DOCKER_IMAGE names another.
 */
import { execFile } from 'node:child_process';

const { DOCKER_HOST = 'unix:///var/run/docker.sock' } = process.env;
const image = process.env.WAITBUS_DOCKER_IMAGE ?? 'busybox';

export const env = { DOCKER_HOST };

export async function provoke({ until }) {
  const id = await docker('run', '-d', '--network', 'none', image, '/bin/sh', '-c', 'exit 3');
  const is = (status) => (event) =>
    event.fields.container_id === id && event.fields.status === status;
  await until(is('started'));
  await until(is('exited'));
  await docker('rm', '-f', id);
}

export function expect(events) {
  const { fields } = events.find((event) => event.fields.status === 'exited');
  if (fields.exit_code !== 3 || fields.conclusion !== 'failure') {
    throw new Error(`exit code 3 came as ${fields.exit_code}, ${fields.conclusion}`);
  }
}

function docker(...args) {
  return new Promise((resolve, reject) => {
    execFile('docker', args, { env: { ...process.env, DOCKER_HOST } }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new Error(`docker ${args[0]}: ${stderr.trim() || error.message}`));
    });
  });
}
