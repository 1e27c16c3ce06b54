import type { ResolvedCursorJobOptions } from './cursor-job.options.js';

/** Items of the first slice whose batch is sized by time. */
const FIRST = 10;

/**
 * How many items a slice of this process asks for.
 *
 * Goal: a slice takes about the target time. Model: time grows with the number of items, so the batch is multiplied by
 * target over elapsed; by half or two at most, because one slow or empty slice says little. Without a target it stays.
 */
export class BatchSize {
  #limit: number;

  constructor(private readonly batch: ResolvedCursorJobOptions['batch']) {
    this.#limit = batch.targetTime === undefined ? batch.max : Math.min(FIRST, batch.max);
  }

  get limit(): number {
    return this.#limit;
  }

  /** Takes note of a slice that asked for `asked` items, got `count`, and took `elapsed` ms. */
  learn(asked: number, count: number, elapsed: number): void {
    const { targetTime, max } = this.batch;
    if (targetTime === undefined) return;
    const ratio = Math.min(2, Math.max(0.5, targetTime / Math.max(elapsed, 0.01)));
    // A page that was not full, or was kept small, says nothing about a larger one.
    if (ratio > 1 && (count < asked || asked < this.#limit)) return;
    const next = Math.round(asked * ratio);
    this.#limit = Math.max(1, ratio > 1 ? Math.min(max, next) : Math.min(this.#limit, next));
  }
}
