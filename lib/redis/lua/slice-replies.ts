import type { Slice } from '../../recruiter/job.js';
import type { RedisLike } from '../connection/client.js';
import { inTime, type Wait } from './send.js';

/** Longest wait for a late reply, whose claim is given back: ms. */
const LATE_REPLY_PATIENCE_MS = 10_000;

/** Like `Promise.all`, but a rejection waits for the other promises, so that no command outlives the slice that sent it. */
export async function allOf<T extends readonly unknown[]>(
  promises: readonly [...T],
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/**
 * Claims something for a slice, and waits for the reply until the slice ends. A claim whose reply comes later is given back,
 * since no slice would work on it, and it would count as a failed attempt.
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
