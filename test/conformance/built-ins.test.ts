/** The sources that waitbus brings keep the contract, by the kit that third parties run. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkConformance, CHECK_IDS } from '@waitbus/plugin-sdk/conformance';
import { IMAGE } from '../support/busybox-image.js';
import { DockerEngine } from '../support/docker-engine.js';
import { REPO, WAITBUS } from '../support/sandbox.js';

/** What the manifest exempts a source from. */
const EMIT_ONLY = CHECK_IDS.filter(
  (id) => !['manifest', 'install-scripts', 'tarball', 'install'].includes(id),
);

const SOURCES = readdirSync(join(REPO, 'plugins'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

for (const name of SOURCES) {
  test(`waitbus-source-${name} passes every check that its manifest does not exempt it from`, async (t) => {
    if (!(await prepare(name, t))) return;
    const directory = join(REPO, 'plugins', name);
    const { checks, ok } = await checkConformance({ directory, waitbus: WAITBUS });
    assert.ok(ok, JSON.stringify(checks, null, 2));
    const of = (status: string) => checks.filter((one) => one.status === status);
    assert.deepEqual(of('blocked'), []);
    const skipped = of('skipped').map(({ id }) => id);
    for (const { reason } of of('skipped'))
      assert.match(reason, /activation is emit-only|manifest/);
    const emitOnly = of('skipped').some(({ reason }) => reason.includes('emit-only'));
    assert.deepEqual(skipped, emitOnly ? EMIT_ONLY : skipped.filter((id) => id === 'delivery-ids'));
  });
}

/** What a source's scenario needs beside itself. @returns whether it is there */
async function prepare(name: string, t: TestContext): Promise<boolean> {
  if (name !== 'docker') return true;
  const engine = await DockerEngine.start();
  if (typeof engine === 'string') {
    t.skip(engine);
    return false;
  }
  t.after(() => engine.stop());
  process.env['DOCKER_HOST'] = engine.host;
  process.env['WAITBUS_DOCKER_IMAGE'] = IMAGE;
  return true;
}
