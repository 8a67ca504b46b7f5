/** A confined program: it starts held or not at all, and has what it was left. */
import assert from 'node:assert/strict';
import { spawnSync, type StdioOptions } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { confine, confinement, type ConfinedLimits } from '../../src/os/confine/confine.js';
import { EXIT_NOT_STARTED, EXIT_UNRESTRICTED } from '../../src/os/confine/launcher.js';

const skip =
  confinement() === null ? 'the kernel offers no Landlock that waitbus can use' : undefined;
const held = skip === undefined ? {} : { skip };
const directory = mkdtempSync(join(tmpdir(), 'waitbus-confine-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const NOTHING: ConfinedLimits = {
  files: { read: ['/'], write: [], execute: ['/'] },
  net: false,
  unix: false,
  programs: false,
};

/** @param fd4 what it gets in the place of its ruleset */
function run(program: string, args: readonly string[], limits: ConfinedLimits, fd4?: number) {
  const launcher = confine(program, limits);
  const [ruleset, image] = launcher.descriptors;
  const stdio = ['ignore', 'pipe', 'pipe', 'ignore', fd4 ?? ruleset, image] as StdioOptions;
  const ran = spawnSync(launcher.command, [program, ...args], { stdio, encoding: 'utf8' });
  launcher.close();
  return ran;
}

const node = (code: string, limits: ConfinedLimits) => run(process.execPath, ['-e', code], limits);

test('a program whose limits cannot be set is not started', held, () => {
  const nothing = openSync('/dev/null', 'r');
  const marker = join(directory, 'started');
  const code = `require('fs').writeFileSync(${JSON.stringify(marker)}, '')`;
  const limits = { ...NOTHING, files: { read: ['/'], write: ['/'], execute: ['/'] } };
  assert.equal(run(process.execPath, ['-e', code], limits, nothing).status, EXIT_UNRESTRICTED);
  assert.throws(() => readFileSync(marker), /ENOENT/);
  closeSync(nothing);
  // The same is started where they can be.
  assert.equal(node(code, limits).status, 0);
  assert.equal(readFileSync(marker, 'utf8'), '');
});

test('a program that is not there ends with a code of its own', held, () => {
  assert.equal(run(join(directory, 'absent'), [], NOTHING).status, EXIT_NOT_STARTED);
});

test('it has its arguments and its environment', held, () => {
  process.env['WAITBUS_CONFINE_TEST'] = 'passed on';
  const code = 'console.log(process.env.WAITBUS_CONFINE_TEST, process.argv[1])';
  const { stdout } = run(process.execPath, ['-e', code, 'one two'], NOTHING);
  delete process.env['WAITBUS_CONFINE_TEST'];
  assert.equal(stdout, 'passed on one two\n');
});

test('no descriptor of the launcher is left to it', held, () => {
  const code = `const { readdirSync, readlinkSync } = require('fs');
    const open = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd) } catch { return '' } };
    console.log(readdirSync('/proc/self/fd').map(open).join());`;
  const { stdout } = node(code, NOTHING);
  assert.match(stdout, /dev.null/);
  assert.doesNotMatch(stdout, /launcher|landlock/);
});

test('it writes where it may, and cuts nothing short elsewhere', held, () => {
  const mine = join(directory, 'mine');
  const other = join(directory, 'other');
  for (const file of [mine, other]) writeFileSync(file, 'whole');
  const code = `const fs = require('fs'); for (const file of ${JSON.stringify([mine, other])})
    try { fs.truncateSync(file, 1); console.log('cut') } catch (error) { console.log(error.code) }`;
  const limits = { ...NOTHING, files: { read: ['/'], write: [mine], execute: ['/'] } };
  assert.equal(node(code, limits).stdout, 'cut\nEACCES\n');
  assert.equal(readFileSync(other, 'utf8'), 'whole');
});

/** Makes a socket of each family; says what came of it. */
const SOCKETS = `const net = require('net');
  const tell = (name, ...to) => new Promise((done) => net.connect(...to)
    .on('error', (error) => done(name + ' ' + error.code))
    .on('connect', () => done(name + ' connected')));
  (async () => {
    console.log(await tell('inet', 9, '127.0.0.1'));
    console.log(await tell('unix', ${JSON.stringify(join(directory, 'no.sock'))}));
  })();`;

for (const [net, unix, said] of [
  [false, false, 'inet EACCES\nunix EACCES\n'],
  [true, false, 'inet ECONNREFUSED\nunix EACCES\n'],
  [false, true, 'inet EACCES\nunix ENOENT\n'],
  [true, true, 'inet ECONNREFUSED\nunix ENOENT\n'],
] as const) {
  test(`sockets with net ${net} and unix ${unix}: those alone`, held, () => {
    assert.equal(node(SOCKETS, { ...NOTHING, net, unix }).stdout, said);
  });
}

const SPAWNS = `const { spawnSync } = require('child_process');
  console.log(spawnSync('/bin/sh', ['-c', 'exit 3']).status);`;

test('it starts programs where it may, which are held as it is', held, () => {
  assert.equal(node(SPAWNS, NOTHING).stdout, 'null\n');
  const limits = { ...NOTHING, files: null, programs: true };
  assert.equal(node(SPAWNS, limits).stdout, '3\n');
  const child = `const { spawnSync } = require('child_process');
    console.log(spawnSync(process.execPath, ['-e', ${JSON.stringify(SOCKETS)}]).stdout.toString())`;
  assert.equal(node(child, limits).stdout, 'inet EACCES\nunix EACCES\n\n');
});
