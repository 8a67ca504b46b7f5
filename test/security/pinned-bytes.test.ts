/**
 * What runs, or is used by what people run, is what the pin says: an attacker who may write beside a
 * package, into it, or into the lock that a repository commits, gets nothing run and nothing widened.
 */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { HASTY, Stage } from '../host/broken-sources.js';
import { assertEnds, PluginBox, TICKS } from '../plugins/support.js';

const MINE = 'waitbus-source-mine';
const WAIT = ['wait', '--source', 'mine', '--timeout', '20s'];

const EMIT_ONLY = {
  packageJson: {
    'waitbus.sources.v1': {
      mine: {
        activation: 'emit-only',
        eventTypes: ['tick'],
        shellEnv: { PYTHONPATH: { prependPath: './python' } },
      },
    },
  },
  files: { 'python/mine.py': 'print("mine")\n' },
};

for (const [what, edit] of [
  ['less than the package asks for', { env: [] }],
  ['more than the package asks for', { env: ['A', 'B'], fsRead: ['*'] }],
] as const) {
  test(`a lock that was edited to say ${what}: the package does not run`, async () => {
    await using box = new PluginBox();
    await box.add(await box.tarball({ capabilities: { env: ['A'] } }));
    box.rewrite((plugins) => {
      const pin = box.pin();
      return { ...plugins, [MINE]: { ...pin, capabilities: { ...pin.capabilities, ...edit } } };
    });
    assertEnds(await box.run(WAIT), 2, /asks for other capabilities than its pin says/);
    assertEnds(await box.plugin('audit'), 77);
  });
}

test('a committed lock cannot bring in a package that says less than it does', async () => {
  await using author = new PluginBox();
  const tarball = await author.tarball({ capabilities: { fsRead: ['~/.ssh'] } });
  await author.add(tarball);
  author.rewrite((plugins) => {
    const pin = author.pin();
    return { ...plugins, [MINE]: { ...pin, capabilities: { ...pin.capabilities, fsRead: [] } } };
  });
  await using victim = new PluginBox();
  const frozen = ['install', '--frozen', tarball, '--lockfile', author.lockfile];
  assertEnds(await victim.plugin(...frozen), 77, /asks for other capabilities than its pin says/);
  assert.deepEqual(victim.installed(), []);
});

for (const [what, tamper, says] of [
  [
    'a compiled file is planted in __pycache__',
    (at: string) => {
      mkdirSync(join(at, 'python', '__pycache__'));
      writeFileSync(join(at, 'python', '__pycache__', 'mine.cpython-311.pyc'), 'planted');
    },
    /its files differ/,
  ],
  [
    'what a shell variable points to is changed',
    (at: string) => appendFileSync(join(at, 'python', 'mine.py'), 'evil()\n'),
    /its files differ/,
  ],
] as const) {
  test(`of an emit-only package ${what}: no shell is given it, no event taken`, async () => {
    await using box = new PluginBox();
    await box.add(await box.tarball(EMIT_ONLY));
    assertEnds(await box.run(['source', 'env', 'mine']), 0);
    tamper(box.packageDirectory());
    const env = await box.run(['source', 'env', 'mine']);
    assertEnds(env, 2, says);
    assert.equal(env.stdout, '');
    assertEnds(await box.run(WAIT), 2, says);
    assertEnds(await box.run(['emit', '--source', 'mine', '--event-type', 'tick']), 2, says);
  });
}

for (const [what, tamper, says] of [
  [
    'a file beside its node_modules',
    (prefix: string) => writeFileSync(join(prefix, 'index.js'), ''),
    /"index\.js" lies beside it/,
  ],
  [
    'another package.json beside its node_modules',
    (prefix: string) => writeFileSync(join(prefix, 'package.json'), '{"type":"commonjs"}'),
    /package\.json beside it was changed/,
  ],
  [
    'a link in the place of its prefix',
    (prefix: string) => {
      renameSync(prefix, `${prefix}-moved`);
      symlinkSync(`${prefix}-moved`, prefix);
    },
    /is a link/,
  ],
  [
    'a link in the place of its own node_modules',
    (prefix: string) => symlinkSync('/tmp', join(prefix, 'node_modules', MINE, 'node_modules')),
    /is no directory/,
  ],
] as const) {
  test(`${what} keeps a package from running`, async () => {
    await using box = new PluginBox();
    await box.add(await box.tarball());
    tamper(box.installed()[0] ?? '');
    assert.equal((await box.plugin('verify')).code, 76);
    assertEnds(await box.run(WAIT), 2, says);
  });
}

test('a lock that is changed under the daemon does not vouch for what it replaced', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  await box.daemon();
  await using author = new PluginBox();
  await author.add(await author.tarball({ version: '1.1.0' }));
  // As if an editor wrote the lock and the files: nobody told the daemon.
  const [prefix = ''] = author.installed();
  const target = join(dirname(box.installed()[0] ?? ''), prefix.slice(dirname(prefix).length + 1));
  cpSync(prefix, target, { recursive: true });
  box.rewrite(() => ({ [MINE]: author.pin() }));
  appendFileSync(
    join(box.installed().find((one) => one !== target) ?? '', 'node_modules', MINE, 'index.js'),
    '//',
  );
  assertEnds(await box.run(WAIT), 2, /pinned anew since it was looked for/);
  assertEnds(await box.plugin('install', '--frozen'), 0);
  assertEnds(await box.run(WAIT), 0);
});

test('files that change between their check and their loading: no secret is handed over', async () => {
  let looks = 0;
  let asked = 0;
  await using stage = new Stage(
    'good',
    HASTY,
    {},
    {
      verify: async () => (++looks === 1 ? null : { reason: 'its files differ', remedy: '' }),
      secrets: () => {
        asked += 1;
        return {};
      },
    },
  );
  stage.supervisor.want([]);
  const { detail } = await stage.state('quarantined');
  assert.equal(detail, 'its files differ');
  assert.equal(asked, 0);
  assert.equal(stage.events.length, 0);
});

/** Imports and requires what is not among its own files, and says what came of it. */
const REACHES = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const said = [];
for (const name of ['above', 'at-home']) {
  await import(name).then(() => said.push('imported ' + name), () => undefined);
  try { require(name); said.push('required ' + name); } catch {}
}
${TICKS('mine').replace("words: ''", 'words: said.join()')}`;

for (const fsRead of [['*'], []]) {
  test(`nothing is imported from directories above or from the home directory, with fsRead ${JSON.stringify(fsRead)}`, async () => {
    await using box = new PluginBox();
    const home = box.env['HOME'] ?? '';
    await box.add(await box.tarball({ capabilities: { fsRead }, files: { 'index.js': REACHES } }));
    const plant = (modules: string, name: string) => {
      mkdirSync(join(modules, name), { recursive: true });
      writeFileSync(join(modules, name, 'index.js'), 'module.exports = 1;\n');
    };
    plant(join(home, '.node_modules'), 'at-home');
    const wait = [...WAIT, '--json'];
    const first = await box.run(wait);
    assertEnds(first, 0);
    assert.match(first.stdout, /"words":""/);
    await box.run(['stop']);
    plant(join(box.directory, 'node_modules'), 'above');
    const second = await box.run(wait);
    if (fsRead.length > 0 && !('registerHooks' in (await import('node:module')))) {
      const said = assertEnds(second, 2, /node_modules lies above it, and this Node would import/);
      assert.match(said, /Node 22\.15 or newer, or move it away: mv /);
    } else {
      assertEnds(second, 0);
      assert.match(second.stdout, /"words":""/);
    }
  });
}
