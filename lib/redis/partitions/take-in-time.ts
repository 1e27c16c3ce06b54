import type { Slice } from '../../recruiter/job.js';
import type { RedisLike } from '../connection/client.js';
import { inTime, type Wait } from '../lua/send.js';

/** Longest wait for a late reply, whose claim is given back: ms. */
const LATE_REPLY_PATIENCE_MS = 10_000;

/**
 * Claims something for a slice, and waits for it as long as the slice lasts. A claim whose reply comes later is given back:
 * no slice would work on it, and it would be blamed for that.
 */
export async function takeInTime<T>(
  client: RedisLike,
  slice: Slice,
  take: (wait: Wait) => Promise<T>,
  giveBack: (taken: T) => Promise<unknown>,
): Promise<T> {
  const taken = take({ patience: LATE_REPLY_PATIENCE_MS });
  try {
    return await inTime(client, taken, slice);
  } catch (error) {
    taken.then(giveBack).catch(() => undefined);
    throw error;
  }
}
