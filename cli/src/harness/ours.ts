/** How an MCP server of ours is known where no record tells: it runs waitbus, and its last word is mcp. Pure. */
import type { Json } from '@waitbus/plugin-sdk/envelope';
import { isObject } from './json-tree.js';

export function isOurServer(value: Json | undefined): boolean {
  if (!isObject(value)) return false;
  const words = [value['command'], value['args']].flat();
  return words.at(-1) === 'mcp' && words.slice(0, -1).some(isProgram);
}

function isProgram(word: Json | undefined): boolean {
  return typeof word === 'string' && /(^|\/)waitbus(\.js)?$/.test(word);
}
