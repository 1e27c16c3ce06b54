import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import type { FleetJobRef } from './fleet.js';

/** A whole recruiter, or one of its jobs. */
export interface Target {
  readonly recruiter: string;
  readonly id?: string;
}

/** A string that is unique for each recruiter and each job, whatever characters their names have. */
export function keyOf({ recruiter, id }: Target): string {
  return JSON.stringify(id === undefined ? [recruiter] : [recruiter, id]);
}

/** Fills in the default recruiter. */
export function targetOf({ recruiter = DEFAULT_RECRUITER, id }: Partial<FleetJobRef>): Target {
  return id === undefined ? { recruiter } : { recruiter, id };
}
