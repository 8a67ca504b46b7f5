/**
 * From the text of a configuration file to its data, and from a path in the data to a line in the
 * text. JSON is held to JSON; where its members stand is looked up as in YAML, which contains it.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { pathText, type Path, type Problem } from './problems.js';

export interface Parsed {
  /** Plain JSON data; an empty file is an empty object. */
  readonly data: unknown;
  /** The line where a member stands, or the nearest above it that is there; null if unknown. */
  readonly lineOf: (path: Path) => number | null;
}

export type Parsing =
  | { readonly parsed: Parsed; readonly problems: readonly [] }
  | { readonly parsed: null; readonly problems: readonly Problem[] };

export function isJsonFile(file: string): boolean {
  return file.endsWith('.json');
}

/** @param file its name tells whether it is JSON or YAML */
export function parseConfig(text: string, file: string): Parsing {
  try {
    return isJsonFile(file) ? parseJson(text) : parseYaml(text);
  } catch (error) {
    // Too many aliases, or nested too deeply for any parser.
    const message = error instanceof RangeError ? 'is nested too deeply' : (error as Error).message;
    return failed([problem(null, message)]);
  }
}

function parseYaml(text: string): Parsing {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  // The library catches it at each level.
  if (document.errors.some(({ message }) => message.includes('call stack'))) {
    throw new RangeError();
  }
  const problems = document.errors.map(({ message, pos }) =>
    problem(lines.linePos(pos[0]).line, message),
  );
  return problems.length > 0 ? failed(problems) : parsed(document.toJS(), document, lines);
}

function parseJson(text: string): Parsing {
  if (text.trim() === '') return parsed({}, null, new LineCounter());
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const at = Number(/at position (\d+)/.exec(message)?.[1] ?? text.trimEnd().length);
    const what = message.replace(/ in JSON at position.*| \(line \d+ column \d+\)$/s, '');
    return failed([problem(text.slice(0, at).split('\n').length, `is not JSON: ${what}`)]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  // Readers differ about which of two counts.
  const twice = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  if (twice.length > 0) {
    return failed(twice.map(({ message, pos }) => problem(lines.linePos(pos[0]).line, message)));
  }
  return parsed(data, document, lines);
}

function parsed(data: unknown, document: Document | null, lines: LineCounter): Parsing {
  const lineOf = (path: Path) => (document === null ? null : find(document, path, lines));
  const problems = strangers(data, [], lineOf);
  if (problems.length > 0) return failed(problems);
  return { parsed: { data: data ?? {}, lineOf }, problems: [] };
}

function failed(problems: readonly Problem[]): Parsing {
  return { parsed: null, problems };
}

function problem(line: number | null, message: string): Problem {
  return { level: 'error', path: '', line, message };
}

function find(document: Document, path: Path, lines: LineCounter): number | null {
  let node: unknown = document.contents;
  let offset: number | undefined = rangeOf(node);
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(
        (one) => isScalar(one.key) && String(one.key.value) === String(key),
      );
      if (pair === undefined) break;
      offset = rangeOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = rangeOf(node) ?? offset;
    } else break;
  }
  return offset === undefined ? null : lines.linePos(offset).line;
}

function rangeOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | null)?.range?.[0];
}

/** What would not come out of JSON as it went in, or would mean something to an object. */
function strangers(value: unknown, path: Path, lineOf: (path: Path) => number | null): Problem[] {
  const say = (message: string): Problem[] => [
    { level: 'error', path: pathText(path), line: lineOf(path), message },
  ];
  if (typeof value === 'number') {
    return Number.isFinite(value) ? [] : say('is no number that JSON knows');
  }
  if (typeof value !== 'object' || value === null) return [];
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) {
    return say('has a type that JSON does not know');
  }
  return Object.entries(value).flatMap(([key, member]) => {
    const at = [...path, key];
    if (key !== '__proto__') return strangers(member, at, lineOf);
    return [{ level: 'error', path: pathText(at), line: lineOf(at), message: 'is no key' }];
  });
}
