/** A request that somebody beside the kernel answers, now or later. */
import { asWaitbusError, stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { errorFrame, type Request } from '../connection.js';
import type { Command } from './context.js';

/** @returns the answer, less its `id`; what is thrown is answered with an `error` frame */
export type Answer = (request: Request) => object | Promise<object>;

export function added(answer: Answer): Command {
  return (_context, { connection }, request) => {
    const id = request['id'] ?? null;
    const answered = answer(request);
    if (!(answered instanceof Promise)) {
      connection.send({ ...answered, id });
      return;
    }
    const tell = connection.owe();
    answered.then(
      (object: object) => tell(stringifyJson({ ...object, id })),
      (error: unknown) => tell(stringifyJson(errorFrame(id, asWaitbusError(error)))),
    );
  };
}
