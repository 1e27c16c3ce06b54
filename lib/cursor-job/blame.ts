import type { Slice } from '../recruiter/job.js';

/** Whether a slice was cut off because the application closes: no item is to blame for that. */
export function isClosing({ signal }: Slice): boolean {
  return (signal.reason as Partial<Error> | undefined)?.cause === 'closing';
}

/**
 * Whether the work that began at `begun` had at least half of its slice before the slice was aborted: where a slow source
 * or server took more, the failure is not the item's. Both times are of `performance.now()`.
 */
export function hadItsShare({ signal }: Slice, sliceBegun: number, begun: number): boolean {
  return !signal.aborted || performance.now() - begun >= begun - sliceBegun;
}
