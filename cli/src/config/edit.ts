/**
 * Changes a configuration's text and nothing else in it: comments, order and line ends stay. What is
 * written in a plain way is changed where it stands; else the whole is written anew by the YAML
 * library, which keeps comments. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, isSeq, parseDocument, type Document, type Pair } from 'yaml';
import type { Json } from '@waitbus/plugin-sdk/envelope';
import { isJsonFile } from './parse.js';

export interface Change {
  /** The whole list as it is to be. */
  readonly disabled?: readonly string[];
  /** A source that gets an empty section. */
  readonly addSection?: string;
  /** One key, by its path, gets a value; null takes the key away. */
  readonly set?: { readonly path: readonly string[]; readonly value: Json };
}

/** @param text a configuration that parses and passes its schema */
export function editConfig(text: string, file: string, change: Change): string {
  return isJsonFile(file) ? editJson(text, change) : editYaml(text, change);
}

type Data = Readonly<Record<string, unknown>>;

function applied(data: Data, { disabled, addSection, set }: Change): Data {
  const sources = (data['sources'] ?? {}) as Data;
  return {
    ...(set === undefined ? data : withValue(data, set.path, set.value)),
    ...(disabled === undefined ? {} : { disabled }),
    ...(addSection === undefined ? {} : { sources: { ...sources, [addSection]: {} } }),
  };
}

function withValue(data: Data, [key = '', ...below]: readonly string[], value: Json): Data {
  const { [key]: before, ...others } = data;
  if (below.length > 0) return { ...data, [key]: withValue((before ?? {}) as Data, below, value) };
  return value === null ? others : { ...data, [key]: value };
}

function editJson(text: string, change: Change): string {
  const data = (text.trim() === '' ? {} : JSON.parse(text)) as Data;
  const wanted = applied(data, change);
  return isDeepStrictEqual(wanted, data) ? text : `${JSON.stringify(wanted, null, 2)}\n`;
}

function editYaml(text: string, change: Change): string {
  const parts = [
    ...(change.addSection === undefined ? [] : [{ addSection: change.addSection }]),
    ...(change.disabled === undefined ? [] : [{ disabled: change.disabled }]),
    ...(change.set === undefined ? [] : [{ set: change.set }]),
  ];
  return parts.reduce((before, one: Change) => {
    const data = dataOf(before);
    if (isDeepStrictEqual(applied(data, one), data)) return before;
    const spliced = splice(before, one);
    const wanted = JSON.stringify(applied(data, one));
    return spliced !== null && isEqual(spliced, wanted) ? spliced : rewrite(before, one);
  }, text);
}

function isEqual(text: string, wanted: string): boolean {
  const document = parse(text);
  if (document.errors.length > 0) return false;
  return canonical(document.toJS()) === canonical(JSON.parse(wanted));
}

/** Keys in any order, and the names that are disabled, too. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, member: unknown) => {
    if (key === 'disabled' && Array.isArray(member)) return [...(member as unknown[])].sort();
    return typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member;
  });
}

function parse(text: string): Document.Parsed {
  return parseDocument(text, { merge: true });
}

function dataOf(text: string): Data {
  return (parse(text).toJS() ?? {}) as Data;
}

/** @returns null when what is there is not written in one of the ways that are known here */
function splice(text: string, { disabled, addSection, set }: Change): string | null {
  if (set !== undefined) return null;
  if (disabled !== undefined) {
    const pair = topLevel(text, 'disabled');
    if (pair === undefined) return append(text, `disabled: ${flow(disabled)}`);
    if (!isSeq(pair.value)) return null;
    const [from = 0, to = 0] = pair.value.range ?? [];
    if (pair.value.flow === true) return text.slice(0, from) + flow(disabled) + text.slice(to);
    return spliceBlock(text, pair, disabled);
  }
  const pair = topLevel(text, 'sources');
  if (pair === undefined) return append(text, `sources:\n  ${addSection}: {}`);
  if (!isMap(pair.value) || pair.value.flow === true) return null;
  const first = pair.value.items[0]?.key;
  const indent = indentAt(text, isScalar(first) ? first.range?.[0] : undefined);
  return indent === null ? null : insertBelow(text, pair, `${indent}${addSection}: {}`);
}

/** A list with an item a line: the new ones come first, and those that go leave with their line. */
function spliceBlock(text: string, pair: Pair, disabled: readonly string[]): string | null {
  if (!isSeq(pair.value) || disabled.length === 0) return null;
  const before = pair.value.items.map((item) => (isScalar(item) ? String(item.value) : ''));
  const added = disabled.filter((name) => !before.includes(name));
  let result = text;
  for (const [index, item] of [...pair.value.items.entries()].reverse()) {
    if (disabled.includes(before[index] ?? '')) continue;
    const at = isScalar(item) ? item.range?.[0] : undefined;
    if (at === undefined) return null;
    const start = text.lastIndexOf('\n', at) + 1;
    const end = text.indexOf('\n', at);
    result = result.slice(0, start) + (end === -1 ? '' : result.slice(end + 1));
  }
  const firstItem = pair.value.items[0];
  const at = isScalar(firstItem) ? firstItem.range?.[0] : undefined;
  if (at === undefined) return null;
  const lead = text.slice(text.lastIndexOf('\n', at) + 1, at);
  if (!/^ *- +$/.test(lead)) return null;
  // Whatever was removed stands below the line of the key.
  return added.reduceRight<string | null>(
    (whole, name) => (whole === null ? null : insertBelow(whole, pair, `${lead}${name}`)),
    result,
  );
}

/** Puts a line below the one that holds a key. */
function insertBelow(text: string, { key }: Pair, line: string): string | null {
  const at = isScalar(key) ? key.range?.[0] : undefined;
  if (at === undefined) return null;
  const end = text.indexOf('\n', at);
  if (end === -1) return null;
  const newline = text[end - 1] === '\r' ? '\r\n' : '\n';
  return `${text.slice(0, end + 1)}${line}${newline}${text.slice(end + 1)}`;
}

function append(text: string, lines: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const whole = text === '' || text.endsWith('\n') ? text : text + newline;
  return `${whole}${lines.replaceAll('\n', newline)}${newline}`;
}

/** The spaces before what stands first in its line. */
function indentAt(text: string, at: number | undefined): string | null {
  if (at === undefined) return null;
  const before = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return /^ +$/.test(before) ? before : null;
}

function topLevel(text: string, name: string): Pair | undefined {
  const { contents } = parse(text);
  if (!isMap(contents)) return undefined;
  return contents.items.find(({ key }) => isScalar(key) && key.value === name);
}

function flow(names: readonly string[]): string {
  return `[${names.join(', ')}]`;
}

function rewrite(text: string, { disabled, addSection, set }: Change): string {
  const document = parse(text);
  if (set !== undefined) setValue(document, set.path, set.value);
  if (disabled !== undefined) document.setIn(['disabled'], document.createNode(disabled));
  if (addSection !== undefined) {
    // A key without a value is no map yet.
    if (!isMap(document.get('sources'))) document.set('sources', document.createNode({}));
    document.setIn(['sources', addSection], document.createNode({}));
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: /[[{] /.test(text) });
}

function setValue(document: Document.Parsed, path: readonly string[], value: Json): void {
  if (value === null) {
    document.deleteIn(path);
    return;
  }
  // A key without a value is no map yet.
  for (let depth = 1; depth < path.length; depth += 1) {
    const above = path.slice(0, depth);
    if (!isMap(document.getIn(above))) document.setIn(above, document.createNode({}));
  }
  document.setIn(path, document.createNode(value));
}
