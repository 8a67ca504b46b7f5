/** A sandbox with the source turned on, as its README says, and a real Alertmanager beside it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Alertmanager,
  noAlertmanager,
  portToKeep,
  type AlertmanagerOptions,
} from '../../support/alertmanager.js';
import { Sandbox, type Running } from '../../support/sandbox.js';

/** For tests that need the real Alertmanager. One that waits for what never comes ends. */
export const LIVE = { skip: noAlertmanager, timeout: 120_000 };

export const SECRET = 'what both sides know';

export interface Frame {
  readonly event_type: string;
  readonly summary: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class AlertStage implements AsyncDisposable {
  readonly box: Sandbox;
  readonly port: number;
  daemon: Running;

  private constructor(box: Sandbox, port: number, daemon: Running) {
    this.box = box;
    this.port = port;
    this.daemon = daemon;
  }

  /** @param config of the source, beside its port */
  static async open(config: object = {}): Promise<AlertStage> {
    const box = new Sandbox();
    const port = await portToKeep();
    mkdirSync(box.paths.configDir, { recursive: true });
    const sources = { alertmanager: { port, ...config } };
    writeFileSync(join(box.paths.configDir, 'config.json'), JSON.stringify({ sources }));
    const args = ['secret', 'set', 'alertmanager-secret', '--for', 'alertmanager'];
    assert.equal((await box.run(args, SECRET)).code, 0);
    return new AlertStage(box, port, await listening(box));
  }

  /** Resolves once its webhook is open. */
  async startDaemon(): Promise<void> {
    this.daemon = await listening(this.box);
  }

  alertmanager(options: Partial<AlertmanagerOptions> = {}): Promise<Alertmanager> {
    return Alertmanager.start(this.box, { port: this.port, secret: SECRET, ...options });
  }

  /** Starts a wait on the source and resolves once nothing can be missed any more. */
  async armed(...args: readonly string[]): Promise<Running> {
    const wait = this.wait(...args);
    await wait.says(/waitbus: waiting for/);
    return wait;
  }

  wait(...args: readonly string[]): Running {
    return this.box.waitbus([
      'wait',
      '--source',
      'alertmanager',
      '--json',
      '--timeout',
      '90s',
      ...args,
    ]);
  }

  /** Everything that the source has emitted. */
  async log(): Promise<readonly Frame[]> {
    const args = ['log', '--source', 'alertmanager', '--since', 'start', '--json'];
    const { code, stdout, stderr } = await this.box.run(args);
    assert.equal(code, 0, stderr);
    return frames(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.box[Symbol.asyncDispose]();
  }
}

async function listening(box: Sandbox): Promise<Running> {
  const daemon = await box.daemon();
  await daemon.says(/"msg":"the webhook is open"/);
  return daemon;
}

export function frames(stdout: string): Frame[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Frame);
}

/** How a wait ended that is to have matched once. */
export async function matched(wait: Running): Promise<Frame> {
  const { code, stdout, stderr } = await wait.ended;
  assert.equal(code, 0, stderr);
  const [frame] = frames(stdout);
  assert.ok(frame, stdout);
  return frame;
}

export const named = (name: string) => ['--match', `fields.alert_name="${name}"`] as const;
export const status = (word: string) => ['--match', `fields.status="${word}"`] as const;
/** When the time of an alert is given: so long before now. */
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
