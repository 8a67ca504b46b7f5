/**
 * A real Docker engine for tests, of their own: dockerd with its containerd in a temporary directory,
 * one image with busybox in it, no network. It can be killed and started again on what it left.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busyboxArchive, IMAGE, notInstalled } from './busybox-image.js';
import { processesOf, waitForExit } from './processes-of.js';

export interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Sleeps until it is told to end. */
export const SLEEPER = ['/bin/sh', '-c', 'trap "exit 143" TERM; sleep 1000 & wait'] as const;

export class DockerEngine {
  readonly directory = mkdtempSync(join(tmpdir(), 'waitbus-docker-'));
  readonly socket = join(this.directory, 'docker.sock');
  readonly host = `unix://${this.socket}`;
  #daemon: ChildProcess | null = null;
  #said = '';

  /** @returns the engine, or why there can be none here */
  static async start(): Promise<DockerEngine | string> {
    const reason = missing();
    if (reason !== null) return reason;
    const engine = new DockerEngine();
    process.once('exit', engine.#remove);
    try {
      await engine.restart();
      await engine.#makeImage();
      const { code, stderr } = await engine.run('true');
      if (code === 0) return engine;
      throw new Error(`a container cannot be run: ${stderr.trim()}`);
    } catch (error) {
      await engine.stop();
      return `no Docker engine runs here: ${(error as Error).message}`;
    }
  }

  /** Starts dockerd on what an earlier one left. Resolves when it answers. */
  async restart(): Promise<void> {
    this.#said = '';
    const at = (name: string) => join(this.directory, name);
    rmSync(at('docker.pid'), { force: true });
    const daemon = spawn(
      'setpriv',
      [
        // It ends with the test, however that ends.
        ...['--pdeathsig', 'TERM', 'dockerd'],
        ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs'],
        ...['-H', this.host, '--data-root', at('data'), '--exec-root', at('exec')],
        ...['--pidfile', at('docker.pid'), '--shutdown-timeout', '2'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#daemon = daemon;
    await new Promise<void>((resolve, reject) => {
      daemon.once('error', reject);
      daemon.once('exit', () => reject(new Error(`dockerd ended: ${this.#said.slice(-600)}`)));
      daemon.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
        if (this.#said.includes('API listen on')) resolve();
      });
    });
  }

  /** kill -9, dockerd and containerd; the containers live on, as they do. */
  async kill(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon?.pid === undefined) return;
    const containerd = Number(
      readFileSync(join(this.directory, 'exec/containerd/containerd.pid'), 'utf8'),
    );
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGKILL');
    process.kill(containerd, 'SIGKILL');
    await ended;
    await waitForExit(containerd);
    this.#daemon = null;
  }

  /** Runs the docker command. */
  docker(...args: readonly string[]): Promise<Done> {
    return this.#spawn('docker', args);
  }

  /** Makes the engine tell of so many events that concern no container. */
  async chatter(events: number): Promise<void> {
    for (let at = 0; at < events; at += 1) {
      const path = `/images/${IMAGE}/tag?repo=chatter&tag=${at % 2}`;
      await new Promise((resolve, reject) => {
        const asked = request({ socketPath: this.socket, path, method: 'POST' }, (response) => {
          response.resume().once('end', resolve);
        });
        asked.once('error', reject).end();
      });
    }
  }

  #spawn(program: string, args: readonly string[]): Promise<Done> {
    return new Promise((resolve, reject) => {
      const env = { ...process.env, DOCKER_HOST: this.host };
      const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.once('error', reject).once('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** The same, which has to succeed. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.docker(...args);
    if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout.trim();
  }

  /** `docker run` of a shell script, to its end. */
  run(script: string, ...options: readonly string[]): Promise<Done> {
    return this.docker('run', ...options, '--network', 'none', IMAGE, '/bin/sh', '-c', script);
  }

  /** Starts a container in the background; resolves with its id. */
  begin(command: readonly string[], ...options: readonly string[]): Promise<string> {
    return this.must('run', '-d', ...options, '--network', 'none', IMAGE, ...command);
  }

  /** Ends the engine with all its containers, and removes everything. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon !== null && daemon.exitCode === null && existsSync(this.socket)) {
      const all = await this.docker('ps', '-aq');
      const ids = all.stdout.split('\n').filter((id) => id !== '');
      if (ids.length > 0) await this.docker('rm', '-f', ...ids);
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGTERM');
      await ended;
    }
    this.#remove();
    process.off('exit', this.#remove);
  }

  /** The last resort, and synchronous: what a killed engine left, its containers too. */
  readonly #remove = (): void => {
    this.#daemon?.kill('SIGKILL');
    for (const pid of processesOf(this.directory)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    }
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    const places = mounts.map((line) => line.split(' ')[1] ?? '');
    for (const place of places.filter((one) => one.startsWith(this.directory)).reverse()) {
      spawnSync('umount', ['-l', place]);
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };

  async #makeImage(): Promise<void> {
    await this.must('import', busyboxArchive(this.directory), IMAGE);
  }
}

/** Why there can be no engine here; null when there may be one. */
function missing(): string | null {
  if (process.platform !== 'linux') return 'a Docker engine of its own needs Linux';
  if (process.getuid?.() !== 0) return 'only root can start a Docker engine of its own';
  return notInstalled('setpriv', 'dockerd', 'containerd', 'runc', 'docker', 'busybox');
}
