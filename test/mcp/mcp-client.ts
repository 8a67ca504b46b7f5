/** An MCP client of the official SDK, connected to `waitbus mcp` in a sandbox. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { WAITBUS, type Sandbox } from '../support/sandbox.js';

export interface WaitResult {
  readonly outcome: string;
  readonly events: readonly { readonly event_id: string }[];
  readonly said: string;
  readonly cursor: string | null;
  readonly next: Readonly<Record<string, unknown>> | null;
}

export class McpClient implements AsyncDisposable {
  readonly client: Client;
  readonly transport: StdioClientTransport;

  private constructor(client: Client, transport: StdioClientTransport) {
    this.client = client;
    this.transport = transport;
  }

  static async connect(box: Sandbox, ...args: readonly string[]): Promise<McpClient> {
    const client = new Client({ name: 'test-client', version: '1.0.0' });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [WAITBUS, 'mcp', ...args],
      env: box.env as Record<string, string>,
      cwd: box.work,
    });
    await client.connect(transport);
    return new McpClient(client, transport);
  }

  async call(
    name: string,
    args: object,
  ): Promise<{ text: string; isError: boolean; data: unknown }> {
    const result = await this.client.callTool({ name, arguments: { ...args } });
    const [first] = result.content as { text: string }[];
    return {
      text: first?.text ?? '',
      isError: result.isError === true,
      data: result.structuredContent,
    };
  }

  async wait(args: object): Promise<WaitResult> {
    const { data, text, isError } = await this.call('wait', args);
    if (isError) throw new Error(text);
    return data as WaitResult;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}
