/** Which elements of an array are ours: those that have the mark of an edit in one of their strings. Pure. */
import { valueOf, type Node } from './json-tree.js';
import type { Json } from '@waitbus/plugin-sdk/envelope';

/** The mark stands there as words of its own: `hook claude Stop` is not in `hook claude StopFailure`. */
export function hasMark(value: Json | undefined, mark: string): boolean {
  if (typeof value === 'string') {
    return ` ${value} `.replaceAll(/["']/g, ' ').includes(` ${mark} `);
  }
  if (Array.isArray(value)) return value.some((element: Json) => hasMark(element, mark));
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member) => hasMark(member, mark));
}

/**
 * The smallest element that holds all that is marked and nothing of anybody else: the element of the
 * array, or an element of an array inside it when that has others too.
 *
 * @returns the container and the element to take away; null: nothing is marked
 */
export function findMarked(
  array: Node | undefined,
  mark: string,
): { readonly container: Node; readonly element: Node } | null {
  if (array?.type !== 'array') return null;
  const element = array.children?.find((one) => hasMark(valueOf(one), mark));
  if (element === undefined) return null;
  const inner = (element.children ?? [])
    .map(({ children }) => children?.[1])
    .find((one) => one?.type === 'array' && hasMark(valueOf(one), mark));
  const isShared = inner?.children?.some((one) => !hasMark(valueOf(one), mark)) === true;
  return isShared ? findMarked(inner, mark) : { container: array, element };
}
