/** `opencode serve`, whose sessions are made and prompted over its HTTP API. */
import { object, text } from '../json.js';
import type { Driver, Ground } from './driver.js';
import { opencode } from './opencode.js';

export const opencodeServer: Driver = {
  ...opencode,
  args: () => ['serve', '--hostname', '127.0.0.1', '--port', '0'],
};

/** Printed once it serves. */
export const SERVES = /http:\/\/127\.0\.0\.1:\d+/;

/** Begins a session with a prompt. */
export async function promptSession(url: string, { work }: Ground, prompt: string): Promise<void> {
  const post = async (path: string, body: object) => {
    const at = `${url}/session${path}?directory=${encodeURIComponent(work)}`;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(at, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${at} answered ${response.status}`);
    return response;
  };
  const { id } = object(await (await post('', {})).json());
  await post(`/${text(id)}/prompt_async`, { parts: [{ type: 'text', text: prompt }] });
}
