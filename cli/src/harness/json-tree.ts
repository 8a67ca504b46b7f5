/** A JSON document as a tree with places. Comments and trailing commas are let pass. Pure. */
import { isDeepStrictEqual } from 'node:util';
import {
  createScanner,
  getNodeValue,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import type { Json } from '@waitbus/plugin-sdk/envelope';
import { badFile } from './problems.js';

export type { Node };

/** As jsonc-parser numbers them: an enum that is erased, so it cannot be imported. */
const COMMA = 5;
const COMMENT_OR_SPACE: readonly number[] = [12, 13, 14, 15];

/**
 * @returns the object that the document is
 * @throws WaitbusError WAITBUS_BAD_HARNESS_FILE
 */
export function parseJson(text: string, file: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    throw badFile(file, `broken JSON (${printParseErrorCode(first.error)})`, text, first.offset);
  }
  if (root?.type !== 'object') throw badFile(file, 'this is not a JSON object', text, 0);
  return root;
}

/** The member of this name; of several the last, as JSON.parse has it. */
export function memberOf(node: Node | undefined, key: string): Node | undefined {
  if (node?.type !== 'object') return undefined;
  return node.children?.findLast(({ children }) => children?.[0]?.value === key);
}

/** The value at a path. */
export function nodeAt(root: Node | undefined, path: readonly string[]): Node | undefined {
  return path.reduce<Node | undefined>((node, key) => memberOf(node, key)?.children?.[1], root);
}

export function valueOf(node: Node | undefined): Json | undefined {
  return node === undefined ? undefined : (getNodeValue(node) as Json);
}

export function endOf({ offset, length }: Node): number {
  return offset + length;
}

/** Where the comma behind this offset is, if the next token is one. */
export function commaAfter(text: string, offset: number): number | null {
  const scanner = createScanner(text, false);
  scanner.setPosition(offset);
  let token: number = scanner.scan();
  while (COMMENT_OR_SPACE.includes(token)) token = scanner.scan();
  return token === COMMA ? scanner.getTokenOffset() : null;
}

/** Where the comments that stand behind this offset in its line end. */
export function lineCommentsEnd(text: string, offset: number): number {
  const scanner = createScanner(text, false);
  scanner.setPosition(offset);
  let end = offset;
  for (;;) {
    const token: number = scanner.scan();
    if (token === 12 || token === 13) {
      if (scanner.getTokenValue().includes('\n')) return end;
      end = scanner.getTokenOffset() + scanner.getTokenLength();
    } else if (token !== 15) {
      return end;
    }
  }
}

/** Equal as JSON, whatever the order of their members. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return isDeepStrictEqual(plain(a), plain(b));
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

export type JsonObject = { readonly [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
