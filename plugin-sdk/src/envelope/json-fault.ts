/**
 * Where a text stops being JSON, without a word of what stands there: the parser's own messages quote
 * it, and it may be anybody's secret. Pure.
 */

/** A longer text is not looked through: it may be somebody's who wants to keep us busy. */
const MAX_CHARACTERS = 262_144;

const TOKEN =
  /(?:[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null)(?![\w.+-]))/y; // eslint-disable-line no-control-regex -- JSON's own grammar
const SPACE = /[ \t\n\r]*/y;

/** What may come next. */
type Expected = 'value' | 'item' | 'key' | 'member' | 'colon' | 'separator' | 'nothing';

/** @returns line and column, both from 1; null when the text is too long to look */
export function jsonFault(text: string): { readonly line: number; readonly column: number } | null {
  if (text.length > MAX_CHARACTERS) return null;
  const offset = offsetOfFault(text);
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/** What is said of a text that is no JSON: the place, and nothing of what stands there. */
export function notJson(text: string): string {
  const place = jsonFault(text);
  if (place === null) return 'not JSON';
  const line = text.includes('\n') ? `line ${place.line}, ` : '';
  return `not JSON from ${line}column ${place.column} on`;
}

function offsetOfFault(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return at;
    const next = after(expected, token, open);
    if (next === null) return at;
    expected = next;
    at += token.length;
  }
}

/** @param open the brackets around, which this changes; @returns null for what may not stand there */
function after(expected: Expected, token: string, open: string[]): Expected | null {
  const within = open.at(-1);
  const isEnd = token === (within === '{' ? '}' : ']');
  switch (expected) {
    case 'nothing':
      return null;
    case 'colon':
      return token === ':' ? 'value' : null;
    case 'separator':
      if (token === ',') return within === '{' ? 'key' : 'value';
      return isEnd ? closed(open) : null;
    case 'key':
      return token.startsWith('"') ? 'colon' : null;
    case 'member':
      return isEnd ? closed(open) : after('key', token, open);
    case 'item':
      return isEnd ? closed(open) : after('value', token, open);
    case 'value':
      if (token === '{' || token === '[') {
        open.push(token);
        return token === '{' ? 'member' : 'item';
      }
      if ('}],:'.includes(token)) return null;
      return open.length === 0 ? 'nothing' : 'separator';
  }
}

function closed(open: string[]): Expected {
  open.pop();
  return open.length === 0 ? 'nothing' : 'separator';
}
