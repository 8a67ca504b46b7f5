/**
 * From the text of a configuration file to its data, and from a path in the data to a line in the
 * text. JSON is held to JSON; where its members stand is looked up as in YAML, which contains it.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type YAMLError,
} from 'yaml';
import { jsonFault } from '@waitbus/plugin-sdk/envelope';
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
    const deep = error instanceof RangeError;
    const message = deep ? 'is nested too deeply' : 'has an alias of nothing, or too many';
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
  const problems = document.errors.map((error) =>
    problem(lines.linePos(error.pos[0]).line, faultText(error)),
  );
  return problems.length > 0 ? failed(problems) : parsed(document.toJS(), document, lines);
}

function parseJson(text: string): Parsing {
  if (text.trim() === '') return parsed({}, null, new LineCounter());
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const place = jsonFault(text);
    const column = place === null ? '' : `: see column ${place.column}`;
    return failed([problem(place?.line ?? null, `is not JSON${column}`)]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  // Readers differ about which of two counts.
  const twice = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  if (twice.length > 0) {
    return failed(
      twice.map((error) => problem(lines.linePos(error.pos[0]).line, faultText(error))),
    );
  }
  return parsed(data, document, lines);
}

/** By its code: the library's own messages quote the file. */
function faultText({ code }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'keys must be unique, and this one is there twice';
  return `is not YAML: ${code.toLowerCase().replaceAll('_', ' ')}`;
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
