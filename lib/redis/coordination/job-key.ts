import type { JobRef } from '../../recruiter/coordination/coordinator.js';
import { checkText } from '../arguments.js';
import { keyPart } from '../partitions/partitions.js';

/** Wait for a reply if the caller sets none: the default budget of a slice. */
export const DEFAULT_PATIENCE_MS = 50;

/**
 * Returns a key of a coordinated job. All keys of a job are in one slot.
 *
 * @param layout - version of the layout of the keys and values.
 */
export function jobKey(prefix: string, { recruiter, jobId }: JobRef, layout: string, name: string): string {
  checkText('jobId', jobId);
  return `${prefix}:{${keyPart(recruiter)}:${keyPart(jobId)}}:${layout}:${name}`;
}
