/** Requests of the wire, as seeds, and inputs near them. */
import { mutate, mutateJson, type Random } from './mutate.js';

const EVENT = '"source":"agent","event_type":"noise"';

/** One of each kind that the daemon understands. */
export const REQUESTS: readonly Buffer[] = [
  '{}',
  '{"proto":1,"filters":["owner/repo","*"],"event_types":["a"],"since":"00000000000000000000000000"}',
  '{"match":["fields.a=1","fields.b^=\\"x\\""],"any_of":[["fields.c>2"]],"sources":["agent"]}',
  '{"op":"subscribe","since":"00000000000000000000000000","errors":true}',
  `{"op":"emit","id":1,"events":[{${EVENT},"fields":{"n":1,"big":9007199254740993}}]}`,
  `{"op":"emit","id":1,"events":[{${EVENT},"delivery_id":"x","received_at":1752000000123456789,"payload":[[[{}]]]}]}`,
  '{"op":"get","id":2,"event_id":"00000000000000000000000000"}',
  '{"op":"status","id":3}',
  `{"op":"attach","id":4,"name":"n","will":{${EVENT}}}`,
  '{"op":"detach","id":5}',
].map((text) => Buffer.from(text));

/** The body of a frame: a request, something near one, or anything. */
export function requestBody(random: Random): Buffer {
  const seed = REQUESTS[random(REQUESTS.length)] ?? Buffer.from('{}');
  switch (random(3)) {
    case 0:
      return Buffer.from(mutateJson(random, seed.toString()));
    case 1:
      return seed;
    default:
      return mutate(random, REQUESTS);
  }
}

/** A frame, whose length is wrong now and then. */
export function requestFrame(random: Random): Buffer {
  const body = requestBody(random);
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(body.length);
  if (random(20) === 0) prefix[random(4)] = random(256);
  return Buffer.concat([prefix, body]);
}
