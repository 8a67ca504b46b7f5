/**
 * Writes a source package from the templates. Never writes over anything: the directory is new or
 * empty.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageNameOf, problemOfName, sourceNameOf } from './name.js';

export interface CreateOptions {
  /** Of the source, or of its package. */
  readonly name: string;
  /** Default: waitbus-source-NAME in the working directory. */
  readonly directory?: string | undefined;
  /** One JavaScript file without dependencies, in place of TypeScript. */
  readonly js?: boolean | undefined;
  /** The year of the licence. */
  readonly year: number;
  /** Where this package is, for a program that it was bundled into. */
  readonly packageRoot?: string;
}

export interface Created {
  readonly source: string;
  readonly packageName: string;
  readonly directory: string;
  /** Relative to the directory, sorted. */
  readonly files: readonly string[];
  /** What to type next; works when pasted. */
  readonly next: readonly string[];
}

/** Bad arguments, in words for the person who typed them. */
export class CreateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CreateError';
  }
}

/** @throws CreateError for a name that cannot be, or a directory that is not empty */
export function createSource(options: CreateOptions): Created {
  const source = sourceNameOf(options.name);
  const problem = problemOfName(source);
  if (problem !== null) throw new CreateError(problem);
  const packageName = packageNameOf(source);
  const directory = options.directory ?? packageName;
  refuseUnlessEmpty(directory);

  const root = options.packageRoot ?? fileURLToPath(new URL('..', import.meta.url));
  const js = options.js === true;
  const values = { NAME: source, PACKAGE: packageName, YEAR: String(options.year) };
  const files = ['common', js ? 'js' : 'ts'].flatMap((set) => {
    const templates = join(root, 'templates', set);
    return listFiles(templates).map((path) => {
      const text = fillIn(readFileSync(join(templates, path), 'utf8'), values);
      const target = targetOf(path);
      mkdirSync(dirname(join(directory, target)), { recursive: true });
      writeFileSync(join(directory, target), text, { flag: 'wx' });
      return target;
    });
  });
  return { source, packageName, directory, files: files.sort(), next: nextSteps(directory, js) };
}

function refuseUnlessEmpty(directory: string): void {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) throw new CreateError(`${directory} is there and is not a directory`);
  if (readdirSync(directory).length === 0) return;
  throw new CreateError(`${directory} is not empty; nothing was written`);
}

/** npm leaves out files that begin with a dot, and tools would take templates for sources. */
export function targetOf(template: string): string {
  return template
    .split('/')
    .map((part) => part.replace(/^_/, '.').replace(/\.template$/, ''))
    .join('/');
}

export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{([A-Z]+)\}\}/g, (whole, key: string) => values[key] ?? whole);
}

function listFiles(directory: string, below = ''): string[] {
  return readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    return entry.isDirectory() ? listFiles(directory, path) : [path];
  });
}

function nextSteps(directory: string, js: boolean): string[] {
  const word = /^[\w./-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", `'\\''`)}'`;
  return [
    `cd ${word}`,
    'npm install',
    ...(js ? ['npm test'] : ['npm run build', 'npm test']),
    'npx waitbus plugin dev .',
    'npx waitbus-conformance',
  ];
}
