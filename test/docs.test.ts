/** What the documents and the tree promise about themselves: tables, directions, sizes, no leaks. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERRORS } from '@waitbus/plugin-sdk/envelope';
import { EXIT } from '../cli/src/terminal/exit.js';
import { REPO } from './support/sandbox.js';

/** Every file that is tracked, or would be with the next commit. */
function trackedFiles(): string[] {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const { status, stdout, stderr } = spawnSync('git', list, { cwd: REPO, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.split('\0').filter((file) => file !== '' && existsSync(join(REPO, file)));
}

const FILES = trackedFiles();
const SOURCES = FILES.filter((file) => /^(cli|kernel|plugin-sdk|plugins\/[^/]+)\/src\//.test(file));
const read = (file: string) => readFileSync(join(REPO, file), 'utf8');

/** The cells of the body rows of a markdown table whose first cell matches. */
function rows(file: string, first: RegExp): string[][] {
  return read(file)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.replace(/^\||\|\s*$/g, '').split(/(?<!\\)\|/))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|').replaceAll('\\*', '*')))
    .filter(([cell = '']) => first.test(cell));
}

/** The modules that a file imports, by whatever form. */
function importsOf(file: string): string[] {
  const code = read(file);
  return [
    ...code.matchAll(/^\s*(?:import|export)\b[^;'"]*?from\s+['"]([^'"]+)['"]/gm),
    ...code.matchAll(/^\s*import\s+['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
    ...code.matchAll(/\brequire\(\s*['"]([^'"]+)['"]/g),
  ].map((match) => match[1] ?? '');
}

test('docs/errors.md is the table of error codes in the code', () => {
  const inDocs = rows('docs/errors.md', /^`WAITBUS_/).map(([code = '', ...cells]) => [
    code.replaceAll('`', ''),
    ...cells,
  ]);
  const inCode = Object.entries(ERRORS).map(([code, { meaning, remedy, fatal }]) => [
    code,
    meaning,
    remedy,
    fatal ? 'yes' : 'no',
  ]);
  assert.deepEqual(inDocs, inCode);
});

test('docs/exit-codes.md has every exit code of the code, under wait', () => {
  const codes = rows('docs/exit-codes.md', /^`wait`$/).map(([, code]) => Number(code));
  assert.deepEqual(new Set(codes), new Set(Object.values(EXIT)));
});

const ALLOWED: Readonly<Record<string, RegExp>> = {
  'plugin-sdk': /^$/,
  kernel: /^@waitbus\/plugin-sdk\/envelope$/,
  plugins: /^@waitbus\/plugin-sdk(\/|$)/,
  cli: /^(@waitbus\/(plugin-sdk|kernel)(\/|$)|waitbus-source-)/,
};

test('imports point one way: plugins to plugin-sdk, kernel over it, cli on top', () => {
  assert.ok(SOURCES.length > 60);
  for (const file of SOURCES) {
    const [part = ''] = file.split('/');
    const allowed = ALLOWED[part];
    assert.ok(allowed, file);
    for (const name of importsOf(file)) {
      if (/^(@waitbus\/|waitbus)/.test(name)) assert.match(name, allowed, `${file} -> ${name}`);
      if (!name.startsWith('.')) continue;
      const target = join(file, '..', name);
      const root = part === 'plugins' ? file.split('/').slice(0, 2).join('/') : part;
      assert.ok(target.startsWith(`${root}/src/`), `${file} -> ${name} leaves its package`);
    }
  }
});

test('package.json files depend in the same direction', () => {
  const packages = FILES.filter((file) =>
    /^(cli|kernel|plugin-sdk|plugins\/[^/]+)\/package\.json$/.test(file),
  );
  assert.ok(packages.length >= 6);
  for (const file of packages) {
    const [part = ''] = file.split('/');
    const { dependencies = {} } = JSON.parse(read(file)) as {
      dependencies?: Record<string, string>;
    };
    for (const name of Object.keys(dependencies)) {
      if (!/^(@waitbus\/|waitbus)/.test(name)) continue;
      const within = part === 'kernel' ? /^@waitbus\/plugin-sdk$/ : ALLOWED[part];
      assert.match(name, within ?? /^$/, `${file} -> ${name}`);
    }
  }
});

test('the kernel names no source', () => {
  const names = readdirSync(join(REPO, 'plugins'));
  const mentioned = new RegExp(
    `['"\`](${[...names, 'github', 'docker', 'alertmanager'].join('|')})['"\`:_]`,
  );
  for (const file of SOURCES.filter((path) => path.startsWith('kernel/'))) {
    const line = read(file)
      .split('\n')
      .find(
        (text) => mentioned.test(text) && !/from '(node:)?fs/.test(text) && !/'node:/.test(text),
      );
    assert.equal(line, undefined, file);
  }
});

test('every source file opens with a comment that says what it owns', () => {
  for (const file of FILES.filter((path) => path.endsWith('.ts'))) {
    if (/\.test\.ts$|(^|\/)fixtures\//.test(file)) continue;
    assert.match(read(file), /^(#!.*\n)?\/\*\*/, file);
  }
});

test('every source file has at most 250 lines', () => {
  for (const file of FILES.filter((path) => path.endsWith('.ts'))) {
    const lines = read(file).trimEnd().split('\n').length;
    assert.ok(lines <= 250, `${file} has ${lines} lines`);
  }
});

test("no path of somebody's machine and no registry is in a tracked file", () => {
  const own = /^test\/docs\.test\.ts$/;
  // Split, so that this file does not find itself; an address in a comment is not looked for.
  const leaks = [
    new RegExp(['/ho', 'me/(?!(ada|me|you|user)/)[a-z]'].join('')),
    new RegExp(['/Us', 'ers/[A-Za-z]'].join('')),
    new RegExp(['(^|[\\s"\'`=(])/wo', 'rk/'].join('')),
    new RegExp(['(^|[\\s"\'`=(])/ro', 'ot/\\.[a-z]'].join('')),
    new RegExp(['[A-Z]:\\\\\\\\Us', 'ers'].join('')),
    new RegExp(['regis', 'try\\.npmjs\\.org'].join('')),
    new RegExp(['https?://[^\\s"\']*(?:artifactory|nexus|pypi|verdaccio)'].join('')),
    new RegExp(['"resol', 'ved": "http'].join('')),
  ];
  for (const file of FILES.filter((path) => !own.test(path))) {
    const text = read(file);
    if (text.includes('\0')) continue;
    for (const leak of leaks) {
      const found = text.split('\n').findIndex((line) => leak.test(line));
      assert.equal(found, -1, `${file}:${found + 1} matches ${leak}`);
    }
  }
});

test('every page and file that a document links to is there', () => {
  for (const file of FILES.filter((path) => path.endsWith('.md'))) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      assert.ok(existsSync(join(REPO, file, '..', target)), `${file} links to ${target}`);
    }
  }
});

test('every error code that a document names exists', () => {
  for (const file of FILES.filter((path) => path.endsWith('.md'))) {
    for (const [code] of read(file).matchAll(
      /\bWAITBUS_(?:BAD|UNKNOWN|STORE|SOURCE|PIN)_[A-Z]+\b/g,
    )) {
      assert.ok(code in ERRORS, `${file} names ${code}`);
    }
  }
});
