import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import type { FleetJobRef } from './fleet.js';

/** A whole recruiter, or one job of it. */
export interface Extent {
  readonly recruiter: string;
  readonly id?: string;
}

/** One text for each recruiter and each job, whatever characters their names have. */
export function keyOf({ recruiter, id }: Extent): string {
  return JSON.stringify(id === undefined ? [recruiter] : [recruiter, id]);
}

/** Fills in what a caller may leave out. */
export function extentOf({ recruiter = DEFAULT_RECRUITER, id }: Partial<FleetJobRef>): Extent {
  return id === undefined ? { recruiter } : { recruiter, id };
}
