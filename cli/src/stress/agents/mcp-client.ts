/**
 * As much of an MCP client as an agent of a swarm needs: JSON-RPC, one message a line, over the stdio of
 * a server that it starts.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { isObject, objectAt, type JsonObject } from '../ledger/output.js';

const PROTOCOL = '2025-11-25';

export class McpClient {
  readonly #server: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (answer: JsonObject) => void>();
  #nextId = 1;

  private constructor(program: string, args: readonly string[]) {
    this.#server = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#server.stdin.on('error', () => undefined);
    createInterface({ input: this.#server.stdout }).on('line', (line) => this.#receive(line));
    this.#server.once('close', () => {
      for (const answer of this.#waiting.values())
        answer({ error: { message: 'the server ended' } });
      this.#waiting.clear();
    });
  }

  static async start(program: string, args: readonly string[]): Promise<McpClient> {
    const client = new McpClient(program, args);
    await client.#request('initialize', {
      protocolVersion: PROTOCOL,
      capabilities: {},
      clientInfo: { name: 'waitbus-stress', version: '1' },
    });
    client.#send({ method: 'notifications/initialized' });
    return client;
  }

  /**
   * @returns the structured content of the tool's answer
   * @throws Error with what the tool or the server said of a failure
   */
  async call(name: string, args: object): Promise<JsonObject> {
    const result = await this.#request('tools/call', { name, arguments: args });
    if (result['isError'] === true)
      throw new Error(`${name}: ${JSON.stringify(result['content'])}`);
    return objectAt(result, 'structuredContent');
  }

  close(): void {
    this.#server.stdin.end();
  }

  async #request(method: string, params: object): Promise<JsonObject> {
    const id = this.#nextId++;
    const answered = new Promise<JsonObject>((resolve) => this.#waiting.set(id, resolve));
    this.#send({ id, method, params });
    const answer = await answered;
    if (isObject(answer['error'])) throw new Error(`${method}: ${JSON.stringify(answer['error'])}`);
    return objectAt(answer, 'result');
  }

  #send(message: object): void {
    this.#server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  #receive(line: string): void {
    const message: unknown = JSON.parse(line);
    if (!isObject(message) || typeof message['id'] !== 'number') return;
    // A request of the server's own, of which none is answered here, has a method.
    if (typeof message['method'] === 'string') return;
    this.#waiting.get(message['id'])?.(message);
    this.#waiting.delete(message['id']);
  }
}
