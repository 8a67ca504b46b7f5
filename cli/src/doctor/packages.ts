/** The packages that sources come from: every lock well formed, every byte as it is pinned. */
import { verifyAgain, type InstalledSource } from '../host/inventory.js';
import type { Installation } from '../installation.js';
import type { Paths } from '../paths.js';
import type { Gathered } from '../sources/facts.js';
import { ok, problem, type Finding } from './finding.js';

export async function checkPackages(
  { facts, problems }: Gathered,
  installation: Installation,
  paths: Paths,
): Promise<Finding[]> {
  const packages = new Map<string, InstalledSource>();
  for (const { source } of facts.values()) packages.set(source.packageName, source);
  const findings: Finding[] = problems.map(({ message, remedy }) =>
    problem('packages', message, remedy),
  );
  for (const source of packages.values()) {
    const quarantine = source.quarantine ?? (await verifyAgain(installation, paths, source));
    if (quarantine === null) continue;
    findings.push(problem('packages', quarantine.reason, quarantine.remedy));
  }
  if (findings.length > 0) return findings;
  return [ok('packages', `${packages.size} as they are pinned`)];
}
