/** What the fields of several event types have in common, as schemas. */
import { CONCLUSIONS } from '@waitbus/plugin-sdk';
import { z } from 'zod';

export const integer = z.union([z.int(), z.bigint()]);
export const name = z.string().min(1);
export const conclusion = z.enum(CONCLUSIONS);
/** A full commit name. */
export const commit = z.string().regex(/^[0-9a-f]{40,64}$/);
