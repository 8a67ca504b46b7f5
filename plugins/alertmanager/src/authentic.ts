/**
 * Whether a request comes from who knows the secret: by a bearer token, or by a signature over the
 * raw bytes of the body. Pure; compares in constant time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { verifyHmac } from '@waitbus/plugin-sdk/webhook';

/** Our own, and the one that most senders of signed webhooks write. */
export const SIGNATURE_HEADERS = ['x-waitbus-signature', 'x-hub-signature-256'] as const;

export interface Presented {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they came. */
  readonly body: Uint8Array;
}

export function isAuthentic({ headers, body }: Presented, secret: string): boolean {
  const token = /^Bearer +(\S.*)$/i.exec(headers['authorization'] ?? '')?.[1];
  if (token !== undefined && isSame(token, secret)) return true;
  return SIGNATURE_HEADERS.some((name) => verifyHmac({ secret, body, header: headers[name] }));
}

/** Digests are as long as each other, whatever was sent. */
function isSame(given: string, expected: string): boolean {
  if (expected === '') return false;
  const digest = (text: string) => createHmac('sha256', expected).update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
