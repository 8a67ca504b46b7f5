/**
 * Whether a request comes from who knows the secret: by a bearer token, or by a signature over the
 * raw bytes of the body. Pure; compares in constant time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { verifyHmac } from '@waitbus/plugin-sdk/webhook';

export const SIGNATURE_HEADER = 'x-waitbus-signature';

export interface Presented {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they came. */
  readonly body: Uint8Array;
}

export function isAuthentic({ headers, body }: Presented, secret: string): boolean {
  const token = /^Bearer +(\S.*)$/i.exec(headers['authorization'] ?? '')?.[1];
  if (token !== undefined && isSame(token, secret)) return true;
  return verifyHmac({ secret, body, header: headers[SIGNATURE_HEADER] });
}

/** Digests are as long as each other, whatever was sent. */
function isSame(given: string, expected: string): boolean {
  if (expected === '') return false;
  const digest = (text: string) => createHmac('sha256', expected).update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
