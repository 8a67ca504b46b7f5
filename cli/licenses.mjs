/** The licences of what a bundle has inside: whoever passes it on has to pass them on as well. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The directory of a package within node_modules. */
const PACKAGE = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//;

/**
 * @param metafiles of esbuild, with paths from `directory` on
 * @returns the text of all licences, by package; empty when the bundles have only our own code inside
 * @throws when a package has none
 */
export function licensesOf(metafiles, directory) {
  const found = new Map();
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const [, place, name] = PACKAGE.exec(input) ?? [];
    if (place !== undefined) found.set(name, join(directory, place));
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, place]) => `${headOf(name, place)}\n\n${licenseIn(name, place)}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function headOf(name, place) {
  const { version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
  return `${name} ${version} (${license})`;
}

function licenseIn(name, place) {
  const file = readdirSync(place).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (file === undefined)
    throw new Error(`${name} has no licence that could be passed on with the bundle`);
  return readFileSync(join(place, file), 'utf8').trim();
}
