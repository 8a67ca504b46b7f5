/** The signature of a webhook's body: right, wrong, and everything malformed. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { verifyHmac } from '@waitbus/plugin-sdk/webhook';

const secret = "It's a Secret to Everybody";
const body = Buffer.from('Hello, World!');
// The example of https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
const header = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

test('a right signature holds, in digits of either case', () => {
  assert.equal(verifyHmac({ secret, body, header }), true);
  const digits = header.slice('sha256='.length);
  assert.equal(verifyHmac({ secret, body, header: `sha256=${digits.toUpperCase()}` }), true);
  assert.equal(verifyHmac({ secret: Buffer.from(secret), body, header }), true);
});

test('another prefix and another algorithm can be asked for', () => {
  const bare = createHmac('sha512', secret).update(body).digest('hex');
  assert.equal(verifyHmac({ secret, body, header: bare, prefix: '', algorithm: 'sha512' }), true);
  const sha1 = `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;
  assert.equal(
    verifyHmac({ secret, body, header: sha1, prefix: 'sha1=', algorithm: 'sha1' }),
    true,
  );
});

test('a signature of other bytes, or under another secret, does not hold', () => {
  assert.equal(verifyHmac({ secret, body: Buffer.from('Hello, World?'), header }), false);
  assert.equal(verifyHmac({ secret: 'another', body, header }), false);
});

test('under an empty secret nothing holds, not even its own signature', () => {
  const own = `sha256=${createHmac('sha256', '').update(body).digest('hex')}`;
  assert.equal(verifyHmac({ secret: '', body, header: own }), false);
});

for (const [what, malformed] of [
  ['missing', undefined],
  ['empty', ''],
  ['the prefix alone', 'sha256='],
  ['short', header.slice(0, -2)],
  ['of an odd length', header.slice(0, -1)],
  ['long', `${header}00`],
  ['without its prefix', header.slice('sha256='.length)],
  ['of another algorithm', header.replace('sha256', 'sha1')],
  ['with a prefix in capitals', header.replace('sha256', 'SHA256')],
  ['not hexadecimal', `${header.slice(0, -1)}g`],
  ['of wide digits', header.replace('7', '７')],
  ['with a space behind it', `${header} `],
  ['sent twice', `${header}, ${header}`],
] as const) {
  test(`a signature that is ${what} does not hold`, () => {
    assert.equal(verifyHmac({ secret, body, header: malformed }), false);
  });
}

test('a header that is no text at all does not hold, whatever the types say', () => {
  for (const odd of [null, 7, {}, [header]]) {
    assert.equal(verifyHmac({ secret, body, header: odd as unknown as string }), false);
  }
});
