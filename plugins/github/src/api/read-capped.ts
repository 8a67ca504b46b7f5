/** Reads an answer's body as text, up to a limit, by the bytes that come out of its compression. */

/** @throws Error when there is more, or when it is cut short */
export async function readCapped(answer: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (answer.body !== null) {
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maxBytes) throw new Error(`its answer is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
