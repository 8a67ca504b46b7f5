/** Findings as SARIF 2.1.0, which code-scanning pages read: pure. */
import type { Audit } from './audit.js';
import type { Finding, Rule } from './finding.js';

const RULES: Readonly<Record<Rule, string>> = {
  'lock-missing': 'There is no plugins.lock.json.',
  'lock-malformed': 'plugins.lock.json is malformed or not in canonical form.',
  'content-mismatch': 'An installed package differs from its pin.',
  'integrity-mismatch': 'The registry has other bytes than were pinned.',
  'consent-missing': 'A package asks for what was not agreed to.',
  'name-conflict': 'Two packages claim one source name, or one claims a reserved name.',
  'engine-unsupported': 'A package is for another waitbus, another contract or another Node.',
  'not-installed': 'A package is pinned and not installed.',
  'not-pinned': 'A package is installed and not pinned.',
  'evidence-absent': 'A package lacks the evidence that is required.',
  'registry-unreachable': 'The registry could not be asked.',
};

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const HOME = 'https://github.com/waitbus/waitbus';

/**
 * @param uri the lock's path as the report's reader knows it: relative to the repository
 * @param lockText the lock's text, to find the line of a plugin; empty without one
 */
export function toSarif(audit: Audit, uri: string, lockText: string, version: string): object {
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'waitbus plugin audit',
            informationUri: HOME,
            version,
            rules: Object.entries(RULES).map(([id, text]) => ({
              id,
              shortDescription: { text },
            })),
          },
        },
        results: audit.findings.map((finding) => resultOf(finding, uri, lockText)),
      },
    ],
  };
}

function resultOf(
  { rule, plugin, message, remedy }: Finding,
  uri: string,
  lockText: string,
): object {
  return {
    ruleId: rule,
    level: rule === 'registry-unreachable' ? 'warning' : 'error',
    message: { text: remedy === '' ? message : `${message}\n${remedy}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri },
          region: { startLine: lineOf(plugin, lockText) },
        },
      },
    ],
    partialFingerprints: { 'waitbus/v1': `${rule}:${plugin ?? ''}` },
  };
}

/** The line on which a plugin's pin begins; the first for what concerns the whole file. */
function lineOf(plugin: string | null, lockText: string): number {
  if (plugin === null) return 1;
  const start = `    ${JSON.stringify(plugin)}: {`;
  return Math.max(1, lockText.split('\n').indexOf(start) + 1);
}
