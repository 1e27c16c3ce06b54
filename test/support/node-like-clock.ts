import { ManualClock } from '../../lib/testing/manual-clock.js';
import { SeededRandom } from '../../lib/testing/seeded-random.js';

/**
 * A manual clock no kinder than Node's: its timers fire early and late. What compares the time with a deadline in a
 * timer is tested with this one; an exact clock hides that the timer may come before its time.
 */
export function nodeLikeClock(seed: number, start = 0): ManualClock {
  return new ManualClock({ start, jitter: new SeededRandom(seed) });
}
