/**
 * Whether what came through a source's channel is one of its messages: pure. The source's own code
 * holds the other end, so nothing about it may be taken for granted in the daemon.
 */
import { isWaitNote, type ChildMessage } from '@waitbus/plugin-sdk';
import { isObject } from '@waitbus/plugin-sdk/envelope';

const LEVELS: readonly unknown[] = ['debug', 'info', 'warn', 'error'];
const STEPS: readonly unknown[] = ['load', 'configure', 'start'];

export function isChildMessage(value: unknown): value is ChildMessage {
  if (!isObject(value) || isPoisoned(value)) return false;
  switch (value['type']) {
    case 'hello':
      return typeof value['version'] === 'number';
    case 'done':
      return STEPS.includes(value['step']);
    case 'ready':
      return true;
    case 'roots_ready':
      return typeof value['generation'] === 'number';
    case 'describe':
      return typeof value['detail'] === 'string';
    case 'checked': {
      const { id, notes } = value;
      return typeof id === 'number' && Array.isArray(notes) && notes.every(isWaitNote);
    }
    case 'note':
      return typeof value['id'] === 'number' && isWaitNote(value['note']);
    case 'pong':
      return typeof value['id'] === 'number' && typeof value['memory'] === 'number';
    case 'emit':
      return (
        typeof value['id'] === 'number' && isObject(value['event']) && !isPoisoned(value['event'])
      );
    case 'log':
      return (
        LEVELS.includes(value['level']) &&
        typeof value['message'] === 'string' &&
        isObject(value['details']) &&
        !isPoisoned(value['details'])
      );
    case 'failed':
      return (
        typeof value['message'] === 'string' &&
        (value['remedy'] === null || typeof value['remedy'] === 'string')
      );
    default:
      return false;
  }
}

/** JSON makes it a member like any other; assigned to another object it would be its prototype. */
function isPoisoned(value: object): boolean {
  return Object.hasOwn(value, '__proto__');
}
