/**
 * Keys that no other process of this machine makes: of the process, its clock and chance. They need
 * not be secret, and node:crypto takes a tenth of a cold command's time to load.
 */
export function uniqueKey(): string {
  const chance = Math.floor(Math.random() * 2 ** 52).toString(36);
  return `${process.pid.toString(36)}-${process.hrtime.bigint().toString(36)}-${chance}`;
}
