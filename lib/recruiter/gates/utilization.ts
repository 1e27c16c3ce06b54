import { performance } from 'node:perf_hooks';
import type { Clock } from '../../time/clock.js';

/** Measures how busy the event loop is. */
export interface UtilizationProbe {
  /** Share of time since the previous sample for which the event loop was busy: 0 to 1. */
  readonly utilization: number;
  /** Total time for which the event loop has been busy: ms. Omitted if it is not measured. */
  readonly active?: number | undefined;
}

/** Total time of an event loop so far, in ms: busy, and idle. */
export interface LoopTime {
  readonly active: number;
  readonly idle: number;
}

/** Shortest window of a sample: short enough to follow a burst, long enough that single requests do not show. */
const WINDOW_MS = 1000;

/** A sample with a longer window than this is outdated: it is mostly about the past, so it is soon replaced. */
const MAX_WINDOW_MS = 2 * WINDOW_MS;

/** Shortest window after an outdated sample. A slice of 50 ms is a fifth of it, so slices alone do not count as load. */
const WINDOW_AFTER_OUTDATED_MS = 250;

/**
 * Reads the event loop's utilization on demand, at most once a second.
 *
 * No timer samples it: an idle process is not woken, and a frozen one misses nothing. The window of a sample begins at the
 * previous sample: it is a second while slices are drawn often, and long while they are drawn rarely. The mean of a long
 * window hides the current load, so such a sample is used for a quarter of a second only: when a burst begins, only the
 * slices that are drawn in that time can run into it.
 */
export class EventLoopProbe implements UtilizationProbe {
  #utilization = 0;
  #shortestWindow = WINDOW_MS;
  #before: LoopTime;
  #sampledAt: number;

  constructor(
    private readonly clock: Clock,
    /** Reads the times of the event loop. Default: the event loop of the calling thread. */
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
    // An event loop that has not started returns 0 for both.
    if (elapsed > 0) this.#utilization = Math.min(1, Math.max(0, active / elapsed));
    this.#before = sample;
    this.#sampledAt = now;
    this.#shortestWindow = window > MAX_WINDOW_MS ? WINDOW_AFTER_OUTDATED_MS : WINDOW_MS;
    return this.#utilization;
  }
}
