/** What a source is given: secrets, the waiters' directories, a webhook; over a pipe made by hand. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ChildMessage, HostMessage } from '@waitbus/plugin-sdk';
import { SourceRunner } from '../src/child/index.js';
import { Roll, type Listed } from '../../test/support/roll.js';

/** A runner with one source in it, led through its steps. */
class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'waitbus-context-'));
  readonly sent: ChildMessage[] = [];
  readonly #runner: SourceRunner;
  readonly #roll = new Roll();
  #receive: (message: HostMessage) => void = () => undefined;
  #waiting: (() => void)[] = [];

  constructor() {
    this.#runner = new SourceRunner(
      {
        send: (message) => {
          // The host of a source that runs asks for nothing else.
          this.sent.push(message as ChildMessage);
          for (const check of this.#waiting) check();
        },
        onMessage: (handler) => (this.#receive = handler),
        onClose: () => undefined,
      },
      () => undefined,
    );
  }

  /** @param start the body of the source's start function */
  async begin(start: string, secrets: Record<string, string> = {}): Promise<void> {
    const entry = join(this.directory, 'source.mjs');
    writeFileSync(entry, `export default { name: 'k8s', async start(ctx) { ${start} } };`);
    this.#receive({ type: 'load', source: 'k8s', entry });
    await this.until((message) => message.type === 'done' && message.step === 'load');
    this.#receive({ type: 'configure', config: {}, stateDir: this.directory, secrets });
    await this.until((message) => message.type === 'done' && message.step === 'configure');
    this.#receive({ type: 'start' });
  }

  roots(generation: number, ...roots: string[]): void {
    this.#receive({ type: 'roots', generation, roots });
  }

  waiters(...waiters: Listed[]): void {
    this.#receive(this.#roll.become(waiters));
  }

  until<T extends ChildMessage>(test: (message: ChildMessage) => message is T): Promise<T>;
  until(test: (message: ChildMessage) => boolean): Promise<ChildMessage>;
  until(test: (message: ChildMessage) => boolean): Promise<ChildMessage> {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.sent.find(test);
        if (found === undefined) return;
        this.#waiting = this.#waiting.filter((one) => one !== check);
        resolve(found);
      };
      this.#waiting.push(check);
      check();
    });
  }

  failure() {
    return this.until((message) => message.type === 'failed');
  }

  log(text: string) {
    return this.until((message) => message.type === 'log' && message.message === text);
  }

  [Symbol.dispose](): void {
    this.#runner.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

test('a source reads the secrets that were granted to it', async () => {
  using stage = new Stage();
  await stage.begin(`ctx.log.info(ctx.secret('token'))`, { token: 's3cret' });
  await stage.log('s3cret');
});

for (const [what, name, configure] of [
  ['was not granted', 'token', { other: 'x' }],
  ['no object has of its own', 'constructor', {}],
  ['is asked for under a host that sends none', 'token', {}],
] as const) {
  test(`a secret that ${what} fails the source with the command that grants it`, async () => {
    using stage = new Stage();
    await stage.begin(`ctx.secret('${name}')`, configure);
    assert.deepEqual(await stage.failure(), {
      type: 'failed',
      message: `the secret ${name} was not granted to k8s`,
      remedy: `waitbus secret set ${name} --for k8s`,
    });
  });
}

test("a source sees its waiters' directories as they are now, the first of them as its cwd", async () => {
  using stage = new Stage();
  await stage.begin(`
    ctx.log.info('none ' + JSON.stringify([ctx.cwd, ctx.roots]));
    ctx.watchRoots((roots) => ctx.log.info(JSON.stringify([ctx.cwd, ctx.roots, roots])));`);
  await stage.log('none [null,[]]');
  await stage.log('[null,[],[]]');
  stage.roots(1, '/a', '/b');
  await stage.log('["/a",["/a","/b"],["/a","/b"]]');
});

const WAITER: Listed = {
  cwd: '/a',
  filters: ['acme/*'],
  anyOf: [[{ key: 'fields.run_id', op: '=', value: 9007199254740993n }]],
};

test('a source hears of its waiters at once and on each change, never of an unchanged list', async () => {
  using stage = new Stage();
  await stage.begin(`
    ctx.watchWaiters((waiters) =>
      ctx.log.info(waiters.map(({ anyOf }) => String(anyOf[0][0].value)).join() || 'nobody'));`);
  await stage.log('nobody');
  stage.waiters(WAITER);
  stage.waiters(structuredClone(WAITER));
  stage.waiters(WAITER, WAITER);
  stage.waiters();
  const logs = stage.sent.flatMap((message) => (message.type === 'log' ? [message.message] : []));
  assert.deepEqual(logs, [
    'nobody',
    '9007199254740993',
    '9007199254740993,9007199254740993',
    'nobody',
  ]);
});

test('a handler of waiters that throws fails the source', async () => {
  using stage = new Stage();
  await stage.begin(
    `ctx.watchWaiters((waiters) => { if (waiters.length > 0) throw new Error('no'); });`,
  );
  await stage.until((message) => message.type === 'done' && message.step === 'start');
  stage.waiters(WAITER);
  assert.deepEqual(await stage.failure(), { type: 'failed', message: 'no', remedy: null });
});

for (const [what, given, line] of [
  ['is one line', 'a\nb\r\n', 'a\\nb'],
  ['steers no terminal', '\u001b[31mred\u001b[2J\u202e', 'red\\u001b[2J\\u202e'],
  ['is cut at 200', 'x'.repeat(300), 'x'.repeat(200)],
  ['keeps no half of a character', `${'x'.repeat(199)}😀`, 'x'.repeat(199)],
] as const) {
  test(`what a source describes itself as ${what}`, async () => {
    using stage = new Stage();
    await stage.begin(`ctx.describe(${JSON.stringify(given)})`);
    const said = await stage.until((message) => message.type === 'describe');
    assert.deepEqual(said, { type: 'describe', detail: line });
  });
}

test('a source opens a webhook and is posted to; it closes when the source stops', async () => {
  using stage = new Stage();
  await stage.begin(`
    const { url, port } = await ctx.webhook({
      port: 0,
      routes: [{ path: '/hook', handler: ({ body }) => ({ status: 200, body: body.toString() }) }],
    });
    ctx.log.info('open', { url, port });`);
  const opened = (await stage.log('open')) as { details: { url: string } };
  const { url } = opened.details;
  const answer = await fetch(`${url}/hook`, { method: 'POST', body: 'ping' });
  assert.equal(await answer.text(), 'ping');
  stage[Symbol.dispose]();
  await assert.rejects(fetch(`${url}/hook`, { method: 'POST', body: 'ping' }));
});

test('a webhook that cannot be opened fails the source, once, with the remedy', async () => {
  using stage = new Stage();
  await stage.begin(`
    const options = { routes: [{ path: '/hook', handler: () => ({ status: 200 }) }] };
    const { port } = await ctx.webhook({ ...options, port: 0 });
    await ctx.webhook({ ...options, port });`);
  const failed = (await stage.failure()) as { message: string; remedy: string };
  assert.match(failed.message, /port \d+ of 127\.0\.0\.1 is in use/);
  assert.match(failed.remedy, /set another port/);
  assert.equal(stage.sent.filter(({ type }) => type === 'failed').length, 1);
});
