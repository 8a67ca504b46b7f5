/**
 * Checks who sent a webhook: an HMAC over the raw bytes of its body, as the services that send them
 * put it in a header. Pure; compares in constant time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface HmacCheck {
  /** What both sides know. With an empty one nothing is accepted: everybody knows it. */
  readonly secret: string | Uint8Array;
  /** The bytes as they came, before any parsing. */
  readonly body: Uint8Array;
  /** The header with the signature; undefined when the request had none. */
  readonly header: string | undefined;
  /** What stands before the hexadecimal digits. Default `sha256=`. */
  readonly prefix?: string;
  readonly algorithm?: 'sha1' | 'sha256' | 'sha512';
}

/** @returns false for whatever the sender got wrong; never throws for it */
export function verifyHmac(check: HmacCheck): boolean {
  const { secret, body, header, prefix = 'sha256=', algorithm = 'sha256' } = check;
  if (secret.length === 0 || typeof header !== 'string' || !header.startsWith(prefix)) return false;
  const digits = header.slice(prefix.length);
  if (!/^[0-9a-f]+$/i.test(digits)) return false;
  const expected = createHmac(algorithm, secret).update(body).digest();
  // The length is no secret; timingSafeEqual wants it equal.
  if (digits.length !== expected.length * 2) return false;
  return timingSafeEqual(Buffer.from(digits, 'hex'), expected);
}
