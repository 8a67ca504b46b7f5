/** Makes a recorded text the same on every machine: where it ran, who it was, and when. Pure. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const OPENCODE_ID = /\b(ses|msg|prt|evt|per|call)_[0-9a-zA-Z]{20,}/g;
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/g;
const EPOCH_MS = /\b17\d{11}\b|\b18\d{11}\b/g;

/**
 * @param places what stands for each place, the longest first
 * Ids that are the same remain the same.
 */
export function scrub(source: string, places: readonly (readonly [string, string])[]): string {
  const ids = new Map<string, number>();
  const numbered = (id: string) => {
    if (!ids.has(id)) ids.set(id, ids.size + 1);
    return String(ids.get(id)).padStart(12, '0');
  };
  let scrubbed = source;
  for (const [place, name] of places) scrubbed = scrubbed.replaceAll(place, name);
  return scrubbed
    .replace(UUID, (id) => `00000000-0000-4000-8000-${numbered(id)}`)
    .replace(OPENCODE_ID, (id, kind: string) => `${kind}_${numbered(id)}`)
    .replace(INSTANT, '2026-11-29T06:00:00.000Z')
    .replace(EPOCH_MS, '1795932000000');
}
