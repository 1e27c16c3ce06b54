import type { Slice } from '../../recruiter/job.js';
import { RedisUnavailableError } from './send.js';

/** Whether a slice was cut off because the application closes: no item is to blame for that. */
export function isClosing({ signal }: Slice): boolean {
  return (signal.reason as Partial<Error> | undefined)?.cause === 'closing';
}

/**
 * Whether what began at `begun` had at least half of its slice until this was aborted: where a slow source or server took
 * more, the failure is not the item's. Both times are of `performance.now()`.
 */
export function hadItsShare({ signal }: Slice, sliceBegun: number, begun: number): boolean {
  return !signal.aborted || performance.now() - begun >= begun - sliceBegun;
}

/** In Redis 6.2 the word stands inside the text of a script's error. */
const NOT_NOW = /(^|-)(OOM|MISCONF|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|TRYAGAIN|BUSY) /;

/** Whether a server of Redis can do nothing of the kind now, whatever the item: it is full, away, or a replica. */
export function isServersFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // One that does not answer may be at the item.
  if (error instanceof RedisUnavailableError) return (error.cause as Error).name !== 'TimeoutError';
  return error.name === 'ReplyError' && NOT_NOW.test(error.message);
}
