/** Podman's socket, which speaks Docker's API: a real Podman, found by DOCKER_HOST. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { armedWait, assertExit, jsonLines, type Event } from '../cli/verbs.js';
import { busyboxArchive, IMAGE, notInstalled } from '../support/busybox-image.js';
import { DockerStage } from '../support/docker-stage.js';
import { Sandbox } from '../support/sandbox.js';

const missing =
  process.getuid?.() === 0
    ? notInstalled('podman', 'conmon', 'runc', 'busybox')
    : 'only root can start a Podman of its own';
const skip = missing ?? false;

/** A Podman with everything of its own in the sandbox. */
class Podman {
  readonly host: string;
  readonly #box: Sandbox;
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;

  constructor(box: Sandbox) {
    this.#box = box;
    const at = (name: string) => join(box.directory, name);
    this.host = `unix://${at('podman.sock')}`;
    // Where limits may not be raised, its defaults would keep every container from starting.
    const limits = 'default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]';
    writeFileSync(at('containers.conf'), `[containers]\n${limits}\n[engine]\nruntime = "runc"\n`);
    this.#env = { CONTAINERS_CONF: at('containers.conf') };
    this.#args = [
      ...['--root', at('root'), '--runroot', at('run'), '--tmpdir', at('tmp')],
      ...['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
    ];
  }

  start(...args: readonly string[]) {
    return this.#box.start('podman', [...this.#args, ...args], { env: this.#env });
  }

  async serve(): Promise<void> {
    const imported = await this.start('import', busyboxArchive(this.#box.directory), IMAGE).ended;
    assertExit(imported, 0);
    const service = this.start('--log-level', 'info', 'system', 'service', '--time=0', this.host);
    await service.says(/API service listening on/);
  }

  /** Runs one command, which has to succeed. */
  async must(...args: readonly string[]): Promise<void> {
    assertExit(await this.start(...args).ended, 0);
  }

  /** A container in the background that says when it heeds TERM, and ends with 7 by it. */
  async begin(name: string, ...options: readonly string[]): Promise<void> {
    const script = 'trap "exit 7" TERM; echo heeds; sleep 1000 & wait';
    const command = [IMAGE, '/bin/sh', '-c', script];
    await this.must('run', '-d', '--name', name, ...options, '--network', 'none', ...command);
    const log = this.start('logs', '--follow', name);
    await log.says(/heeds/);
    log.child.kill();
    await log.ended;
  }

  run(script: string, ...options: readonly string[]) {
    const command = [IMAGE, '/bin/sh', '-c', script];
    return this.start('run', ...options, '--network', 'none', ...command).ended;
  }
}

test('a container of Podman that fails wakes a wait, with its exit code', { skip }, async () => {
  await using box = new Sandbox();
  const podman = new Podman(box);
  await podman.serve();
  const failure = ['--source', 'docker', '--match', 'fields.conclusion="failure"'];
  box.env['DOCKER_HOST'] = podman.host;
  const wait = await armedWait(box, ...failure, '--timeout', '2m', '--json');
  assertExit(await podman.run('exit 0', '--name', 'fine'), 0);
  assertExit(await podman.run('exit 3', '--name', 'web-1'), 3);
  const ended = await wait.ended;
  assertExit(ended, 0);
  const [event] = jsonLines(ended.stdout) as Event[];
  assert.equal(event?.fields['container'], 'web-1');
  assert.equal(event.fields['exit_code'], 3);
  const check = await box.run(['source', 'check', 'docker']);
  assertExit(check, 0);
  assert.match(check.stdout, /ready.*[Pp]odman/);
});

test('a container that Podman stops or restarts fails no wait', { skip }, async () => {
  await using box = new Sandbox();
  const podman = new Podman(box);
  await podman.serve();
  await using stage = new DockerStage({ DOCKER_HOST: podman.host });
  const source = await stage.begin().ready();
  for (const name of ['one', 'two', 'three']) {
    await podman.begin(name);
    await podman.must('stop', name);
  }
  await podman.begin('renewed');
  await podman.must('restart', 'renewed');
  // It heeds nothing, and is killed when its time is over.
  await podman.must(
    ...['run', '-d', '--name', 'stubborn', '--stop-timeout', '1', '--network', 'none'],
    ...[IMAGE, '/bin/sleep', '1000'],
  );
  await podman.must('stop', 'stubborn');
  const labels = ['exitCode=0', 'containerExitCode=0', 'name=other', 'image=other'];
  const options = labels.flatMap((label) => ['--label', label]);
  assertExit(await podman.run('exit 3', '--name', 'liar', ...options), 3);
  await source.until(() => stage.exits('liar').length > 0 && stage.exits('stubborn').length > 0);
  await source.until(() => stage.story('renewed').length > 3);
  for (const name of ['one', 'two', 'three']) {
    assert.deepEqual(stage.exits(name), ['7 cancelled']);
    assert.deepEqual(stage.story(name).toSorted(), ['exited', 'started', 'stopped']);
  }
  assert.deepEqual(stage.exits('renewed'), ['7 cancelled']);
  const renewed = stage.story('renewed');
  assert.deepEqual(renewed.toSorted(), ['exited', 'started', 'started', 'stopped']);
  assert.deepEqual(stage.exits('stubborn'), ['137 cancelled']);
  assert.deepEqual(stage.exits('liar'), ['3 failure']);
  await podman.must('rm', '-f', '-t', '0', 'renewed');
});
