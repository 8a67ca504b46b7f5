/**
 * Puts a value into the text of a JSON document and changes no byte besides: in the style of what
 * stands around it, behind the comments of the line before, with a trailing comma where the others
 * have one. Pure.
 */
import type { Json } from '@waitbus/plugin-sdk/envelope';
import { commaAfter, endOf, lineCommentsEnd, memberOf, parseJson, type Node } from './json-tree.js';
import { conflict } from './problems.js';
import { indentAt, isFirstInLine, lineEndOf, splice, type Splice } from './text.js';

/** Sets the member at a path; what is missing above it is made. */
export function setMember(
  text: string,
  file: string,
  path: readonly string[],
  value: Json,
): string {
  const { parent, key, below, node } = descend(parseJson(text, file), file, path);
  if (node !== undefined && below.length === 0) {
    const indent = indentAt(text, node.offset);
    const put = rendered(value, text, indent, text.slice(node.offset, endOf(node)).includes('\n'));
    return splice(text, [{ from: node.offset, to: endOf(node), text: put }]);
  }
  return insert(text, parent, key, nested(below, value));
}

/** Appends to the array at a path, which is made when it is missing. */
export function appendTo(text: string, file: string, path: readonly string[], value: Json): string {
  const { parent, key, below, node } = descend(parseJson(text, file), file, path);
  if (node === undefined) return insert(text, parent, key, nested(below, [value]));
  if (node.type !== 'array') throw conflict(file, `${path.join('.')} is not an array`);
  return insert(text, node, null, value);
}

interface Descent {
  /** The deepest object of the path that is there, and the member of it that the path goes on with. */
  readonly parent: Node;
  readonly key: string;
  readonly below: readonly string[];
  readonly node: Node | undefined;
}

function descend(root: Node, file: string, path: readonly string[]): Descent {
  let parent = root;
  for (const [depth, key] of path.entries()) {
    const node = memberOf(parent, key)?.children?.[1];
    const below = path.slice(depth + 1);
    if (node === undefined || below.length === 0) return { parent, key, below, node };
    if (node.type !== 'object') {
      throw conflict(file, `${path.slice(0, depth + 1).join('.')} is not an object`);
    }
    parent = node;
  }
  throw new RangeError('a path has at least one member');
}

function nested(path: readonly string[], value: Json): Json {
  return path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
}

/** @param key null for an element of an array */
function insert(text: string, container: Node, key: string | null, value: Json): string {
  const last = container.children?.at(-1);
  const item = (indent: string, lines: boolean) =>
    (key === null ? '' : `${JSON.stringify(key)}:${lines ? ' ' : spaceOf(text, container)}`) +
    rendered(value, text, indent, lines);
  return splice(
    text,
    last === undefined ? intoEmpty(text, container, item) : behind(text, last, item),
  );
}

type Item = (indent: string, lines: boolean) => string;

function intoEmpty(text: string, container: Node, item: Item): Splice[] {
  const from = container.offset + 1;
  const to = endOf(container) - 1;
  const comments = text.slice(from, to).trimEnd();
  const eol = lineEndOf(text);
  const base = indentAt(text, container.offset);
  const indent = base + unitOf(text);
  return [
    {
      from: from + comments.length,
      to,
      text: `${eol}${indent}${item(indent, true)}${eol}${base}`,
    },
  ];
}

function behind(text: string, last: Node, item: Item): Splice[] {
  const end = endOf(last);
  const comma = commaAfter(text, end);
  const at = comma === null ? end : comma + 1;
  const trailing = comma === null ? '' : ',';
  const separator: Splice[] = comma === null ? [{ from: end, to: end, text: ',' }] : [];
  if (!isFirstInLine(text, last.offset)) {
    const put = `${comma === null ? ', ' : ' '}${item('', false)}${trailing}`;
    return [{ from: at, to: at, text: put }];
  }
  const indent = indentAt(text, last.offset);
  const below = lineCommentsEnd(text, at);
  const put = `${lineEndOf(text)}${indent}${item(indent, true)}${trailing}`;
  // Two at one place would be put in either order.
  if (below === at && comma === null) return [{ from: at, to: at, text: `,${put}` }];
  return [...separator, { from: below, to: below, text: put }];
}

function rendered(value: Json, text: string, indent: string, lines: boolean): string {
  if (!lines) return JSON.stringify(value);
  const eol = lineEndOf(text);
  return JSON.stringify(value, null, unitOf(text)).replaceAll('\n', `${eol}${indent}`);
}

/** By what the document indents: what its first member stands behind. */
function unitOf(text: string): string {
  return /^[ \t]+(?=["[{])/m.exec(text)?.[0] ?? '  ';
}

/** What a document of one line has behind its colons. */
function spaceOf(text: string, { children }: Node): string {
  const [key, value] = children?.[0]?.children ?? [];
  if (key === undefined || value === undefined) return ' ';
  return text.slice(endOf(key), value.offset).endsWith(':') ? '' : ' ';
}
