/** Where the value of a secret comes from: a file, stdin, or a question at the terminal. */
import { readFileSync } from 'node:fs';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { UsageError } from '../terminal/exit.js';
import { readHidden } from '../terminal/read-hidden.js';

const LIMIT_BYTES = 64 * 1024;

/**
 * @param file the --file option
 * @returns null when the question was left with Ctrl-C
 * @throws WaitbusError WAITBUS_BAD_SECRET
 */
export async function readSecretValue(
  name: string,
  file: string | undefined,
): Promise<string | null> {
  if (file === undefined && process.stdin.isTTY) {
    const typed = await readHidden(`value of ${name} (it is not shown): `);
    return typed === null ? null : checkValue(Buffer.from(typed));
  }
  return checkValue(file === undefined ? await readStdin() : readFile(file));
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`--file: ${(error as Error).message}`);
  }
}

async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LIMIT_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/** One newline at the end is the file's, not the secret's. */
function checkValue(bytes: Buffer): string {
  if (bytes.length > LIMIT_BYTES) throw badValue(`is longer than ${LIMIT_BYTES} bytes`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badValue('is not UTF-8');
  }
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw badValue('is empty');
  return value;
}

function badValue(how: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_SECRET', `the value ${how}`);
}
