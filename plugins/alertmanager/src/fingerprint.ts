/**
 * An alert's fingerprint, for a sender that leaves it out: FNV-1a with 64 bits over its labels in
 * the order of their names, as Prometheus computes it
 * (github.com/prometheus/common/model, LabelSet.Fingerprint). Pure.
 */
import { compareCodePoints } from './text.js';

const OFFSET = 14_695_981_039_346_656_037n;
const PRIME = 1_099_511_628_211n;
/** No UTF-8 text holds this byte. */
const SEPARATOR = Buffer.from([255]);

export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let hash = OFFSET;
  const take = (bytes: Uint8Array) => {
    for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  };
  for (const name of Object.keys(labels).sort(compareCodePoints)) {
    for (const text of [name, labels[name] ?? '']) {
      take(Buffer.from(text));
      take(SEPARATOR);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
