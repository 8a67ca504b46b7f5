/**
 * The whole way: the packed tarball is added to a waitbus in temporary directories, and what the
 * source emits there wakes a real `waitbus wait`. A package that this waitbus brings itself is not
 * added again.
 */
import type { SourceCheck } from '../check.js';
import { Failure, within } from '../failure.js';
import { pack } from '../package-checks.js';
import { RealWaitbus, type Ended } from '../real-waitbus.js';
import type { Target } from '../target.js';
import { World } from '../world.js';

export const installCheck: SourceCheck = {
  id: 'install',
  sentence: 'the packed tarball installs and wakes a real waitbus wait',
  needs: ['tarball', 'event-types'],
  skip: () => null,
  async run(target) {
    await using world = new World(target);
    const waitbus = new RealWaitbus(target, world, await world.setUp());
    try {
      if (!(await waitbus.brings(target.manifest.packageName))) {
        const { file } = await pack(target.directory, world.stateDir('tarball'));
        await waitbus.install(file);
      }
      await waitbus.grant();
      judge(await wake(target, world, waitbus), target);
    } finally {
      await waitbus.close();
    }
  },
};

async function wake(target: Target, world: World, waitbus: RealWaitbus): Promise<Ended> {
  const { source, declared, patience } = target;
  const limit = patience.ready + patience.start;
  const late = () => `waitbus wait --source ${source} was not armed within ${limit / 1000} s`;
  // First: what is watched for it stays watched when the wait has been woken.
  const followed = declared.activation === 'emit-only' ? null : waitbus.follow();
  await within(followed?.heard ?? Promise.resolve(), limit, late);
  const wait = waitbus.wait();
  const early = await within(Promise.race([wait.armed, wait.ended]), limit, late);
  if (early !== undefined) return early;
  if (followed === null) {
    const [type = ''] = declared.eventTypes;
    await waitbus.run(['emit', '--source', source, '--event-type', type]);
  } else {
    await world.provoke([followed]);
  }
  return within(
    wait.ended,
    patience.event,
    () => `waitbus wait --source ${source} was not woken within ${patience.event / 1000} s`,
  );
}

function judge({ code, stdout, stderr }: Ended, { source, declared }: Target): void {
  if (code !== 0) {
    throw new Failure(`waitbus wait --source ${source} ended with ${String(code)}: ${stderr}`);
  }
  const { event_type: type } = JSON.parse(stdout) as { event_type: string };
  if (declared.eventTypes.includes(type)) return;
  throw new Failure(`waitbus wait --source ${source} was woken by ${type}`);
}
