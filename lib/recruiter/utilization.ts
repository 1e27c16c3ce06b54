import { performance } from 'node:perf_hooks';
import type { Clock } from './clock.js';

/** How busy the event loop is. */
export interface UtilizationProbe {
  /** Share of the last second that the event loop was busy: 0 to 1. */
  readonly utilization: number;
  start(): void;
  stop(): void;
}

/** One second: short enough to follow a burst, long enough that reading (60 times an empty call) costs nothing. */
const SAMPLE_INTERVAL = 1000;

/** Samples `performance.eventLoopUtilization()` of the thread that it runs in, by an unref'd timer. */
export class EventLoopProbe implements UtilizationProbe {
  utilization = 0;
  #before = performance.eventLoopUtilization();
  #stop: (() => void) | undefined;

  constructor(private readonly clock: Required<Clock>) {}

  start(): void {
    this.#before = performance.eventLoopUtilization();
    this.#schedule();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #schedule(): void {
    this.#stop = this.clock.after(SAMPLE_INTERVAL, () => {
      const now = performance.eventLoopUtilization();
      this.utilization = performance.eventLoopUtilization(now, this.#before).utilization;
      this.#before = now;
      this.#schedule();
    });
  }
}
