/** Maximum time for which a partition is skipped. It may receive work meanwhile. */
const MAX_SLEEP_MS = 30_000;

/**
 * The order in which one process visits the partitions of a structure: each process begins at another one, and each visit
 * begins where the last one ended, so that no partition waits for the work of those before it.
 */
export class PartitionRotation {
  /** End of the sleep of each partition, by `now()`; undefined until a partition sleeps. */
  #sleepUntil: number[] | undefined;
  #next: number;

  constructor(
    private readonly partitions: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#next = Math.floor(Math.random() * partitions);
  }

  /**
   * Yields windows of at most `size` partitions, each partition once, without sleeping partitions and without those in
   * `done`. The next visit begins after the last window, or at the second partition if one window contains all.
   */
  *windows(size: number, done?: ReadonlySet<number>): Generator<readonly number[]> {
    const [first, now] = [this.#next, this.now()];
    for (let offset = 0; offset < this.partitions;) {
      const window: number[] = [];
      for (; offset < this.partitions && window.length < size; offset++) {
        const partition = (first + offset) % this.partitions;
        const isAwake = this.#sleepUntil === undefined || this.#sleepUntil[partition]! <= now;
        if (isAwake && done?.has(partition) !== true) window.push(partition);
      }
      if (window.length === 0) return;
      this.continueAfter(window[window.length < this.partitions ? window.length - 1 : 0]!);
      yield window;
    }
  }

  /** Makes the next visit begin after this partition. */
  continueAfter(partition: number): void {
    this.#next = (partition + 1) % this.partitions;
  }

  /**
   * Skips partitions until they have work, for at most 30 s.
   *
   * @param dueIn - ms until the first of these partitions has work; undefined for never.
   */
  sleep(partitions: readonly number[], dueIn: number | undefined): void {
    this.#sleepUntil ??= new Array<number>(this.partitions).fill(-Infinity);
    const until = this.now() + Math.min(MAX_SLEEP_MS, dueIn ?? Infinity);
    for (const partition of partitions) this.#sleepUntil[partition] = until;
  }

  /** Ends the sleep of all partitions. */
  wake(): void {
    this.#sleepUntil = undefined;
  }
}
