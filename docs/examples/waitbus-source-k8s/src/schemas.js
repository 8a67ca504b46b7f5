/** What a user may configure, and the fields of each event. Checked in this process. */
import { z } from 'zod';

export const CONFIG = z.strictObject({
  /** A context of the kubeconfig; without one its current context. */
  context: z.string().min(1).optional(),
  /** Namespaces to watch; `*` alone is all of them. Without any, the context's own. */
  namespaces: z
    .array(z.string().regex(/^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$/, 'is not a namespace, nor *'))
    .refine((names) => names.length === 1 || !names.includes('*'), '* stands alone')
    .refine((names) => new Set(names).size === names.length, 'names a namespace twice')
    .default([]),
});

/** @typedef {import('zod').output<typeof CONFIG>} Config */

const name = z.string().min(1);
const status = z.enum(['queued', 'in_progress', 'completed', 'deleted', 'unknown']);
const conclusion = z.enum(['success', 'failure', 'cancelled', 'timed_out']);

export const EVENTS = {
  pod_phase: z.strictObject({
    workflow_name: name,
    status,
    conclusion: conclusion.optional(),
    phase: name,
    reason: name.optional(),
    exit_code: z.int().optional(),
    container: name.optional(),
    context: name,
    namespace: name,
    pod: name,
    job: name.optional(),
    job_name: name.optional(),
  }),
  job_finished: z.strictObject({
    workflow_name: name,
    status,
    conclusion,
    reason: name.optional(),
    succeeded: z.int().optional(),
    failed: z.int().optional(),
    context: name,
    namespace: name,
    job: name,
    job_name: name,
  }),
};
