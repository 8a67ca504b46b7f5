/**
 * A real Alertmanager in a sandbox: started with a configuration that notifies a webhook, told of
 * alerts by its API as Prometheus tells it, and silenced by it.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Running, Sandbox } from './sandbox.js';

/** Debian's name, and that of the project's own downloads. */
const PROGRAM = ['prometheus-alertmanager', 'alertmanager'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

/** For the option `skip` of a test: false, or why it cannot run. */
export const noAlertmanager: string | false =
  PROGRAM === undefined ? 'there is no prometheus-alertmanager on PATH' : false;

export function alertmanagerVersion(): string {
  const { stdout } = spawnSync(PROGRAM ?? '', ['--version'], { encoding: 'utf8' });
  return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

/** As POST /api/v2/alerts takes it. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
  readonly generatorURL?: string;
}

export interface AlertmanagerOptions {
  /** The webhook's port on 127.0.0.1. */
  readonly port: number;
  readonly secret: string;
  /** Default 1h: no repeats. */
  readonly repeatInterval?: string;
  /** Default: each alert is a group of its own. */
  readonly groupBy?: string;
}

export class Alertmanager {
  readonly process: Running;
  readonly #url: string;

  private constructor(process: Running, url: string) {
    this.process = process;
    this.#url = url;
  }

  /** Resolves once it takes alerts. */
  static async start(box: Sandbox, options: AlertmanagerOptions): Promise<Alertmanager> {
    const file = join(box.directory, 'alertmanager.json');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(configOf(options)));
    const process = box.start(PROGRAM ?? '', [
      `--config.file=${file}`,
      `--storage.path=${join(box.directory, 'alertmanager')}`,
      '--web.listen-address=127.0.0.1:0',
      '--cluster.listen-address=',
      '--log.level=debug',
    ]);
    const said = await process.says(/msg="?Listening on"? address=\S+/i);
    return new Alertmanager(process, `http://${said.slice(said.lastIndexOf('=') + 1)}`);
  }

  async post(...alerts: readonly PostedAlert[]): Promise<void> {
    await this.#call('/api/v2/alerts', alerts);
  }

  async silence(label: string, value: string): Promise<void> {
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    await this.#call('/api/v2/silences', {
      matchers: [{ name: label, value, isRegex: false, isEqual: true }],
      startsAt: new Date().toISOString(),
      endsAt: inAnHour,
      createdBy: 'test',
      comment: 'test',
    });
  }

  async #call(path: string, body: unknown): Promise<void> {
    const answer = await fetch(this.#url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
}

/** The receiver is that of the source's README. */
function configOf({ port, secret, repeatInterval = '1h', groupBy = '...' }: AlertmanagerOptions) {
  const receiver = (name: string, path: string, sendResolved: boolean) => ({
    name,
    webhook_configs: [
      {
        url: `http://127.0.0.1:${port}${path}`,
        send_resolved: sendResolved,
        http_config: { authorization: { type: 'Bearer', credentials: secret } },
      },
    ],
  });
  return {
    route: {
      receiver: 'waitbus',
      group_by: [groupBy],
      group_wait: '0s',
      group_interval: '1s',
      repeat_interval: repeatInterval,
      routes: [
        {
          receiver: 'waitbus-watchdog',
          matchers: ['alertname="Watchdog"'],
          repeat_interval: '1s',
        },
      ],
    },
    inhibit_rules: [
      {
        source_matchers: ['severity="critical"'],
        target_matchers: ['severity="warning"'],
        equal: ['instance'],
      },
    ],
    receivers: [
      receiver('waitbus', '/alertmanager', true),
      receiver('waitbus-watchdog', '/watchdog', true),
    ],
  };
}

/**
 * A port of 127.0.0.1 that nobody listens on, and that no connection going out is given meanwhile:
 * below the range that the operating system takes those from.
 */
export async function portToKeep(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
