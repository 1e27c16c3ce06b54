import type { JobRef } from '../../recruiter/coordination/coordinator.js';
import { checkText } from '../arguments.js';
import { keyPart } from '../partitions/key-part.js';

/** How long to wait for an answer where the recruiter does not say: ms, the default budget of a slice. */
export const DEFAULT_PATIENCE_MS = 50;

/**
 * A key of a job that is coordinated. All keys of a job are in one slot.
 *
 * @param layout - changes when the layout of its keys or values does.
 */
export function jobKey(prefix: string, { recruiter, jobId }: JobRef, layout: string, name: string): string {
  checkText('jobId', jobId);
  return `${prefix}:{${keyPart(recruiter)}:${keyPart(jobId)}}:${layout}:${name}`;
}
