import type { Slice } from '../../recruiter/job.js';
import type { RedisLike } from '../connection/client.js';
import { inTime, type Wait } from '../lua/send.js';

/** For how long a reply that is late is waited for, to give back what it has taken: ms. */
const LATEST = 10_000;

/**
 * Takes something for a slice, and waits for it as long as the slice lasts. What is taken after all, with a reply that
 * comes later, is given back: nobody would work on it, and it would be blamed for that.
 */
export async function takeInTime<T>(
  client: RedisLike,
  slice: Slice,
  take: (wait: Wait) => Promise<T>,
  giveBack: (taken: T) => Promise<unknown>,
): Promise<T> {
  const taken = take({ patience: LATEST });
  try {
    return await inTime(client, taken, slice);
  } catch (error) {
    taken.then(giveBack).catch(() => undefined);
    throw error;
  }
}
