import { performance } from 'node:perf_hooks';
import type { Clock } from '../../time/clock.js';

/** How busy the event loop is. */
export interface UtilizationProbe {
  /** Share of the time since the sample before that the event loop was busy: 0 to 1. */
  readonly utilization: number;
  /** How long the event loop has been busy so far: ms. Left out where nobody measures it. */
  readonly active?: number | undefined;
}

/** What an event loop has spent so far, in ms: busy, and waiting for something to do. */
export interface LoopTime {
  readonly active: number;
  readonly idle: number;
}

/** One second: short enough to follow a burst, long enough that one request more or less does not show. */
const WINDOW = 1000;

/** A window longer than this says little of what goes on now, and is soon followed by one that does. */
const DULL_WINDOW = 2 * WINDOW;

/** A slice of 50 ms is a fifth of this, so slices alone do not pass for load. */
const WINDOW_AFTER_DULL = 250;

/**
 * Reads the event loop's utilization when somebody asks, at most once in a second.
 *
 * No timer samples it: an idle process is not woken, and a frozen one misses nothing. The window of a sample reaches
 * back to the one before, so where slices are drawn often it is a second, and where they are drawn seldom it is long
 * and its mean is dull: after a silent hour slices pass into whatever goes on now. So a dull sample holds for a quarter
 * of a second only: where a burst begins, the slices drawn in that time are all it may cost.
 */
export class EventLoopProbe implements UtilizationProbe {
  #utilization = 0;
  #shortestWindow = WINDOW;
  #before: LoopTime;
  #sampledAt: number;

  constructor(
    private readonly clock: Clock,
    /** Default: the event loop of the thread that asks, the main thread's or a worker's. */
    private readonly read: () => LoopTime = () => performance.eventLoopUtilization(),
  ) {
    this.#before = read();
    this.#sampledAt = clock.now();
  }

  get active(): number {
    return this.read().active;
  }

  get utilization(): number {
    const now = this.clock.now();
    const window = now - this.#sampledAt;
    if (window < this.#shortestWindow) return this.#utilization;
    const sample = this.read();
    const active = sample.active - this.#before.active;
    const elapsed = active + sample.idle - this.#before.idle;
    // An event loop that has not begun to turn reads 0 of 0.
    if (elapsed > 0) this.#utilization = Math.min(1, Math.max(0, active / elapsed));
    this.#before = sample;
    this.#sampledAt = now;
    this.#shortestWindow = window > DULL_WINDOW ? WINDOW_AFTER_DULL : WINDOW;
    return this.#utilization;
  }
}
