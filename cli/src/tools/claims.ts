/**
 * The tools `claim` and `release`. A claim lives as long as the process of the tools and is known to
 * it, so that what one call took another can give back.
 */
import * as z from 'zod';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { canonicalPath } from '../client/claim-path.js';
import { claim, listClaims, releaseClaim, type Claim } from '../client/claim.js';
import { DEFAULT_SLICE_MS } from './slice.js';
import { defineTool, speaker, type Tool, type ToolOptions } from './tool.js';

const path = z.string().min(1).describe('A file or directory, relative or absolute.');
const as = z.string().optional().describe('Who you are. Default: the name that was set for you.');

export function claimTools(options: ToolOptions): readonly Tool[] {
  const held = new Map<string, Claim>();
  const keyOf = (name: string, canonical: string) => `${name}\0${canonical}`;
  const canonical = (given: string) => canonicalPath(given, options.cwd);

  const claimTool = defineTool({
    name: 'claim',
    title: 'Claim a path',
    description:
      'Says that you work on a file or directory, so that no other agent who claims does. Refused while another holds it, or one above or below it. Release it when you are done; it is released when your session ends.',
    input: z.strictObject({
      path,
      as,
      wait_s: z
        .number()
        .min(0)
        .max(86_400)
        .default(0)
        .describe('Seconds to wait until it is free.'),
    }),
    output: z.object({ path: z.string(), claim_id: z.string() }),
    run: async ({ path: given, as: who, wait_s }, call) => {
      const name = speaker(who, options);
      const key = keyOf(name, canonical(given));
      const mine = held.get(key);
      if (mine !== undefined) return told(mine, 'you hold it already');
      const sliceMs = call.sliceMs ?? options.sliceMs ?? DEFAULT_SLICE_MS;
      const timeout = Math.min(wait_s * 1000, sliceMs);
      const taken = await claim({
        ...options,
        path: given,
        as: name,
        wait: wait_s > 0,
        ...(wait_s > 0 ? { timeout } : {}),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
      held.set(key, taken);
      void taken.ended.then(() => held.delete(key));
      return told(taken, 'it is yours');
    },
  });

  const releaseTool = defineTool({
    name: 'release',
    title: 'Release a claim',
    description: 'Gives back a path that you claimed.',
    input: z.strictObject({ path, as }),
    output: z.object({ path: z.string(), released: z.boolean() }),
    run: async ({ path: given, as: who }) => {
      const name = speaker(who, options);
      const place = canonical(given);
      const key = keyOf(name, place);
      const mine = held.get(key);
      if (mine !== undefined) {
        held.delete(key);
        await mine.release();
        return { text: `${place} is free`, data: { path: place, released: true } };
      }
      const standing = (await listClaims(options)).find(
        (one) => one.path === place && one.state !== 'waiting',
      );
      if (standing === undefined) {
        return { text: `nobody holds ${place}`, data: { path: place, released: false } };
      }
      if (standing.by !== name) {
        throw new WaitbusError('WAITBUS_CLAIMED', `${place} is claimed by ${standing.by}`);
      }
      const released = await releaseClaim(standing, options);
      return { text: `${place} is free`, data: { path: place, released } };
    },
  });

  return [claimTool, releaseTool];
}

function told(taken: Claim, how: string) {
  return {
    text: `${taken.path}: ${how}`,
    data: { path: taken.path, claim_id: taken.id },
  };
}
