import type { ResolvedSweepOptions } from './sweep.options.js';

/** Items of the first slice whose batch is sized by time. */
const FIRST_BATCH_ITEMS = 10;

/**
 * How many items a slice of this process requests.
 *
 * Goal: a slice takes about the target time. Model: time grows with the number of items, so the batch is multiplied by
 * target over elapsed; by half or two at most, because one slow or empty slice says little. Without a target it stays.
 */
export class BatchSize {
  #limit: number;

  constructor(private readonly batch: ResolvedSweepOptions['batch']) {
    this.#limit = batch.targetTime === undefined ? batch.max : Math.min(FIRST_BATCH_ITEMS, batch.max);
  }

  get limit(): number {
    return this.#limit;
  }

  /** Adapts to a slice that requested `requested` items, received `count`, and took `elapsed` ms. */
  learn(requested: number, count: number, elapsed: number): void {
    const { targetTime, max } = this.batch;
    if (targetTime === undefined) return;
    const ratio = Math.min(2, Math.max(0.5, targetTime / Math.max(elapsed, 0.01)));
    // A page that was not full, or was kept small, says nothing about a larger one.
    if (ratio > 1 && (count < requested || requested < this.#limit)) return;
    const next = Math.round(requested * ratio);
    this.#limit = Math.max(1, ratio > 1 ? Math.min(max, next) : Math.min(this.#limit, next));
  }
}
