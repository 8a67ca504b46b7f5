/** What a person reads before a package is pinned: pure. */
import { describeCapabilities, describePublisher } from '@waitbus/plugin-sdk/lockfile';
import { consentLines } from '@waitbus/plugin-sdk/manifest';
import type { Enforcement } from '@waitbus/plugin-sdk/permissions';
import type { Candidate } from './candidate.js';

/** @param enforcement what the running Node holds the package's sources to */
export function viewOf(candidate: Candidate, enforcement: Enforcement): string[] {
  const { name, pin, manifest, size } = candidate;
  const wants = describeCapabilities(pin.capabilities).map((line) => {
    const key = line.split(':')[0] as keyof Enforcement;
    return `  ${line}${enforcement[key] === 'enforced' ? '' : ' (declared, not enforced)'}`;
  });
  const does = consentLines(manifest, 'agree');
  const count = Object.keys(pin.dependencies).length;
  return [
    `${name} ${pin.version}`,
    `  sources       ${pin.sources.join(', ')}`,
    `  evidence      ${evidenceText(candidate)}`,
    `  size          ${sizeText(size)}, with ${count} dependenc${count === 1 ? 'y' : 'ies'}`,
    ...(pin.installScripts === 'declared' ? ['  scripts       it has some; they do not run'] : []),
    ...(wants.length === 0 ? ['  asks for      nothing'] : ['  asks for']),
    ...wants.map((line) => `  ${line}`),
    ...(does.length === 0 ? [] : ['  does']),
    ...does.map((line) => `    ${line}`),
  ];
}

function evidenceText({ pin }: Candidate): string {
  switch (pin.evidence) {
    case 'provenance':
      return pin.publisher === null
        ? 'provenance'
        : `built from ${describePublisher(pin.publisher)}`;
    case 'registry':
      return 'registry: the bytes are those that were published, by whom is not shown';
    case 'local':
      return `local: from a ${pin.origin} of yours`;
  }
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB'] as const;
  let value = bytes;
  let unit = -1;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}
