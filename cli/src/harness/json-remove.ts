/**
 * Takes values out of the text of a JSON document and leaves every other byte: what was put there by
 * `json-insert` is gone without a trace. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import { commaAfter, endOf, nodeAt, parseJson, type Node } from './json-tree.js';
import { splice, wholeLines, type Splice } from './text.js';

/** Takes the member at a path away, if it is there. */
export function removeMember(text: string, file: string, path: readonly string[]): string {
  const value = nodeAt(parseJson(text, file), path);
  const member = value?.parent;
  const container = member?.parent;
  if (member === undefined || container === undefined) return text;
  return removeItem(text, container, member);
}

/** Takes containers on a path away, the deepest first, while they are empty and `isOurs`. */
export function prune(
  text: string,
  file: string,
  path: readonly string[],
  isOurs: (path: readonly string[]) => boolean,
): string {
  if (path.length === 0 || !isOurs(path)) return text;
  const node = nodeAt(parseJson(text, file), path);
  if (node === undefined || !isEmpty(text, node)) return text;
  return prune(removeMember(text, file, path), file, path.slice(0, -1), isOurs);
}

/** Without a member and without a comment. */
export function isEmpty(text: string, node: Node): boolean {
  if (node.type !== 'object' && node.type !== 'array') return false;
  return text.slice(node.offset + 1, endOf(node) - 1).trim() === '';
}

/** Takes a member or an element away, and the comma that it no longer needs. */
export function removeItem(text: string, container: Node, item: Node): string {
  const items = container.children ?? [];
  const index = items.findIndex((one) => isDeepStrictEqual(rangeOf(one), rangeOf(item)));
  const previous = items[index - 1];
  const start = item.offset;
  const end = endOf(item);
  const own = commaAfter(text, end);
  const before = previous === undefined ? null : commaAfter(text, endOf(previous));
  const cut = own !== null && text.slice(end, own).trim() === '' ? own + 1 : end;
  const anchor = before === null ? container.offset + 1 : before + 1;
  const isLast = index === items.length - 1;
  const splices: Splice[] = [{ ...around(text, start, cut, isLast, anchor), text: '' }];
  if (own !== null && cut === end) splices.push({ from: own, to: own + 1, text: '' });
  if (own === null && before !== null) splices.push({ from: before, to: before + 1, text: '' });
  const without = splice(text, merged(splices));
  return items.length === 1 ? collapsed(without, container.offset) : without;
}

/**
 * The item with the white space that goes with it.
 * @param anchor where the token before it ends
 */
function around(text: string, from: number, to: number, isLast: boolean, anchor: number) {
  const lines = wholeLines(text, from, to);
  if (lines.from !== from || lines.to !== to) return lines;
  if (!isLast) return { from, to: to + (/^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0) };
  // With a comment between them it stays where it is: behind one of a line nothing may move up.
  return { from: text.slice(anchor, from).trim() === '' ? anchor : from, to };
}

/** A comma may lie in the white space that goes. */
function merged(splices: readonly Splice[]): Splice[] {
  const [first, ...others] = splices;
  if (first === undefined) return [];
  return [first, ...others.filter(({ from, to }) => to <= first.from || from >= first.to)];
}

/** An empty container of only white space closes where it opens. */
function collapsed(text: string, offset: number): string {
  const inner = /^\s*(?=[\]}])/.exec(text.slice(offset + 1))?.[0] ?? '';
  return splice(text, [{ from: offset + 1, to: offset + 1 + inner.length, text: '' }]);
}

function rangeOf({ offset, length }: Node) {
  return { offset, length };
}
