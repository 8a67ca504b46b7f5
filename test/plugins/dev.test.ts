/** `waitbus plugin dev`: a source from its TypeScript, started anew on save, gone with Ctrl-C. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Sandbox, WAITBUS, type Running } from '../support/sandbox.js';
import { Scaffold } from '../support/scaffold.js';

/** Listens at a port of the system's choice until it is closed. */
async function listenAnywhere() {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { port, server };
}

/** The temporary directory of a running `plugin dev`, from the line that it prints. */
async function placeOf(dev: Running): Promise<string> {
  const line = await dev.says(/WAITBUS_STATE_DIR='([^']+)' .* waitbus wait --source \w+/);
  return dirname(/WAITBUS_STATE_DIR='([^']+)'/.exec(line)?.[1] ?? '');
}

function processesIn(place: string): string[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,stat=,args='], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes(place) && !/^\s*\d+\s+Z/.test(line));
}

test('a scaffold runs from its TypeScript: its events are printed, the line to paste wakes', async () => {
  await using box = new Sandbox();
  const { directory } = await Scaffold.create(box, 'redis');
  const { port, server } = await listenAnywhere();
  server.close();
  await once(server, 'close');
  const config = JSON.stringify({ port, everyMs: 20 });
  const dev = box.waitbus(['plugin', 'dev', directory, '--config', config]);
  const place = await placeOf(dev);
  await dev.says(/redis running/);
  const line = await dev.says(/WAITBUS_STATE_DIR=.* waitbus wait --source redis/);
  const pasted = line.replace(' waitbus ', ` '${process.execPath}' '${WAITBUS}' `);
  const wait = box.start('sh', ['-c', `${pasted} --ready-fd 3`], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  await once(wait.child.stdio[3] as NodeJS.ReadableStream, 'data');
  const again = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  assert.equal((await wait.ended).code, 0);
  await dev.says(new RegExp(`redis {2}port_opened {2}localhost:${port} opened`));
  again.close();
  await dev.says(/port_closed/);
  dev.child.kill('SIGINT');
  const { code, stderr } = await dev.ended;
  assert.equal(code, 0, stderr);
  assert.equal(existsSync(place), false);
  assert.deepEqual(processesIn(place), []);
});

test('started by npx, the line to paste needs no PATH; a failure names no command of another daemon', async () => {
  await using box = new Sandbox();
  const { directory } = await Scaffold.create(box, 'redis');
  writeFileSync(join(directory, 'src', 'index.ts'), 'mistake (\n');
  const npx = { env: { npm_command: 'exec' } };
  const dev = box.waitbus(['plugin', 'dev', directory], npx);
  await dev.says(/the next save starts it again/);
  dev.child.kill('SIGINT');
  const { stderr } = await dev.ended;
  assert.ok(stderr.includes(`${WAITBUS}' wait --source redis`), stderr);
  assert.doesNotMatch(stderr, /plugin restart/);
});

/** A source that says which edition it is. */
const edition = (text: string) => `export default {
  name: 'redis',
  async start(ctx: { ready(): void; emit(event: object): Promise<unknown> }): Promise<void> {
    ctx.ready();
    await ctx.emit({ event_type: 'port_opened', summary: ${JSON.stringify(text)} });
  },
};
`;

test('a save starts it anew; a mistake is shown, and mended by the next save', async () => {
  await using box = new Sandbox();
  const { directory } = await Scaffold.create(box, 'redis');
  const entry = join(directory, 'src', 'index.ts');
  writeFileSync(entry, edition('first'));
  const dev = box.waitbus(['plugin', 'dev', directory]);
  const place = await placeOf(dev);
  await dev.says(/port_opened {2}first/);
  writeFileSync(entry, edition('second'));
  await dev.says(/port_opened {2}second/);
  writeFileSync(entry, `${edition('third')}mistake (\n`);
  await dev.says(/redis failed: .*index\.ts:\d+:\d+: ERROR: /);
  await dev.says(/the next save starts it again/);
  writeFileSync(entry, `${edition('fourth')}throw new Error('thrown while loading');\n`);
  await dev.says(/redis failed: .*thrown while loading/);
  writeFileSync(join(directory, 'package.json'), '{');
  await dev.says(/package\.json \(WAITBUS_BAD_MANIFEST\)\n {2}is not JSON/);
  dev.child.kill('SIGTERM');
  assert.equal((await dev.ended).code, 0);
  assert.equal(existsSync(place), false);
});

test('a change of the manifest counts from the next start on', async () => {
  await using box = new Sandbox();
  const { directory } = await Scaffold.create(box, 'redis');
  const file = join(directory, 'package.json');
  writeFileSync(
    join(directory, 'src', 'index.ts'),
    edition('declared').replace('port_opened', 'other'),
  );
  const dev = box.waitbus(['plugin', 'dev', directory]);
  await dev.says(/other is not among the eventTypes of its manifest/);
  writeFileSync(file, readFileSync(file, 'utf8').replace('"port_closed"', '"other"'));
  await dev.says(/redis {2}other {2}declared/);
  dev.child.kill('SIGINT');
  assert.equal((await dev.ended).code, 0);
});

test('modules of new directories are watched as well, and nothing of the user is touched', async () => {
  await using box = new Sandbox();
  const { directory } = await Scaffold.create(box, 'redis');
  const entry = join(directory, 'src', 'index.ts');
  writeFileSync(entry, edition('first'));
  const dev = box.waitbus(['plugin', 'dev', directory]);
  await dev.says(/port_opened {2}first/);
  mkdirSync(join(directory, 'src', 'parts'));
  const part = join(directory, 'src', 'parts', 'text.ts');
  writeFileSync(part, `export const TEXT: string = 'second';\n`);
  writeFileSync(
    entry,
    `import { TEXT } from './parts/text.js';\n${edition('x').replace('"x"', 'TEXT')}`,
  );
  await dev.says(/port_opened {2}second/);
  writeFileSync(part, `export const TEXT: string = 'third';\n`);
  await dev.says(/port_opened {2}third/);
  dev.child.kill('SIGINT');
  assert.equal((await dev.ended).code, 0);
  for (const own of [box.paths.stateDir, box.paths.configDir, box.paths.runtimeDir]) {
    assert.equal(existsSync(own), false, own);
  }
  assert.deepEqual(readdirSync(directory).sort(), [
    '.github',
    '.gitignore',
    '.vscode',
    'LICENSE',
    'README.md',
    'node_modules',
    'package.json',
    'src',
    'test',
    'tsconfig.json',
    'waitbus.conformance.mjs',
  ]);
});

test('what cannot be run is refused: no package, several sources, none with a process', async () => {
  await using box = new Sandbox();
  const directory = join(box.work, 'source');
  mkdirSync(directory);
  const emitOnly = { activation: 'emit-only', eventTypes: ['x'] };
  const manifest = (sources: object) =>
    writeFileSync(
      join(directory, 'package.json'),
      JSON.stringify({
        name: 'waitbus-source-x',
        version: '1.0.0',
        engines: { waitbus: '^0.1.0' },
        'waitbus.sources.v1': sources,
      }),
    );
  const dev = (...args: readonly string[]) => box.run(['plugin', 'dev', directory, ...args]);
  const refused = async (says: RegExp, code: number, ...args: readonly string[]) => {
    const ended = await dev(...args);
    assert.match(ended.stderr, says);
    assert.equal(ended.code, code, ended.stderr);
  };
  await refused(/has no package\.json/, 64);
  manifest({ x: emitOnly, y: emitOnly });
  await refused(/--source NAME: the package has several, x, y/, 64);
  await refused(/x is emit-only: there is no process to run/, 64, '--source', 'x');
  await refused(/has no source z; it has x, y/, 64, '--source', 'z');
  manifest({ x: { entry: './dist/index.js', activation: 'always', eventTypes: ['x'] } });
  await refused(/neither \.\/dist\/index\.js nor its TypeScript/, 78);
  await refused(/--config nonsense is not JSON/, 64, '--config', 'nonsense');
});
