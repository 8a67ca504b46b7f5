/** Where in a TOML document a table stands, in whichever of the ways TOML has of writing it. Pure. */
import type { AST } from 'toml-eslint-parser';
import { wholeLines, type Splice } from './text.js';

type Path = readonly (string | number)[];

interface Inline {
  readonly node: AST.TOMLInlineTable;
  readonly below: readonly string[];
}

/** The inline table that a path leads into, and what of the path goes on in it. */
export function findInline(program: AST.TOMLProgram, path: readonly string[]): Inline | null {
  for (const { full, pair } of pairsOf(program)) {
    const found = inlineAt(pair, full, path);
    if (found !== null) return found;
  }
  return null;
}

function inlineAt(pair: AST.TOMLKeyValue, full: Path, path: readonly string[]): Inline | null {
  if (pair.value.type !== 'TOMLInlineTable' || !startsWith(path, full)) return null;
  const node = pair.value;
  for (const inner of node.body) {
    const found = inlineAt(inner, [...full, ...keysOf(inner.key)], path);
    if (found !== null) return found;
  }
  return { node, below: path.slice(full.length) };
}

/** All that has to go for a table to be gone: headers, members, tables inside it. Comments stay. */
export function placesOf(text: string, program: AST.TOMLProgram, table: Path): Splice[] {
  const splices: Splice[] = [];
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLTable' && startsWith(node.resolvedKey, table)) {
      splices.push(header(text, node), ...node.body.map((pair) => lines(text, pair.range)));
    }
  }
  for (const { full, pair, isOfTable } of pairsOf(program)) {
    if (startsWith(full, table)) {
      if (!isOfTable(table)) splices.push(lines(text, pair.range));
    } else if (startsWith(table, full)) {
      splices.push(...insideOf(pair, full, table));
    }
  }
  return splices;
}

/** A header's line, and the one empty line that we put before it. */
function header(text: string, node: AST.TOMLTable): Splice {
  const place = lines(text, [node.range[0], endOfHeader(text, node)]);
  const gap = /(?<=\n)\r?\n$/.exec(text.slice(0, place.from));
  return { ...place, from: place.from - (gap?.[0].length ?? 0) };
}

function endOfHeader(text: string, node: AST.TOMLTable): number {
  const close = text.indexOf(']', node.key.range[1]);
  return node.kind === 'array' ? close + 2 : close + 1;
}

function lines(text: string, [from, to]: AST.Range): Splice {
  return { ...wholeLines(text, from, to), text: '' };
}

function insideOf(pair: AST.TOMLKeyValue, full: Path, table: Path): Splice[] {
  if (pair.value.type !== 'TOMLInlineTable') return [];
  const { body } = pair.value;
  return body.flatMap((inner, index): Splice[] => {
    const path = [...full, ...keysOf(inner.key)];
    if (!startsWith(path, table)) {
      return startsWith(table, path) ? insideOf(inner, path, table) : [];
    }
    const previous = body[index - 1];
    const next = body[index + 1];
    if (previous !== undefined) return [{ from: previous.range[1], to: inner.range[1], text: '' }];
    if (next !== undefined) return [{ from: inner.range[0], to: next.range[0], text: '' }];
    // The blanks inside the braces are ours, too.
    return [{ from: pair.value.range[0] + 1, to: pair.value.range[1] - 1, text: '' }];
  });
}

function pairsOf(program: AST.TOMLProgram) {
  return program.body[0].body.flatMap((node) => {
    const above: Path = node.type === 'TOMLTable' ? node.resolvedKey : [];
    const pairs = node.type === 'TOMLTable' ? node.body : [node];
    const isOfTable = (table: Path) => node.type === 'TOMLTable' && startsWith(above, table);
    return pairs.map((pair) => ({ pair, full: [...above, ...keysOf(pair.key)], isOfTable }));
  });
}

function keysOf({ keys }: AST.TOMLKey): string[] {
  return keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
}

function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((key, index) => path[index] === key);
}
