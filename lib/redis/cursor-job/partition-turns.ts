/** Partitions that one script looks into at most. */
const WINDOW = 32;
/** For how long a partition that is at its end is left alone, at most: ms. An operator may begin it anew meanwhile. */
const LONGEST_SLEEP = 30_000;

/** Which partitions this process looks into next: in turn, and not those that have nothing to do for a while. */
export class PartitionTurns {
  readonly #sleepUntil: number[];
  #next: number;

  constructor(
    private readonly partitions: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#sleepUntil = new Array<number>(partitions).fill(-Infinity);
    this.#next = Math.floor(Math.random() * partitions);
  }

  /** Those to look into now, the first one first, as many at a time as one script takes; none when all sleep. */
  take(): number[][] {
    const now = this.now();
    const all = Array.from({ length: this.partitions }, (_, index) => (this.#next + index) % this.partitions);
    const awake = all.filter((partition) => this.#sleepUntil[partition]! <= now);
    const first = awake[0] ?? this.#next;
    this.#next = (first + 1) % this.partitions;
    return Array.from({ length: Math.ceil(awake.length / WINDOW) }, (_, window) =>
      awake.slice(window * WINDOW, (window + 1) * WINDOW),
    );
  }

  /** @param dueIn - ms until the first of them has something to do; undefined for never. */
  sleep(partitions: readonly number[], dueIn: number | undefined): void {
    const until = this.now() + Math.min(LONGEST_SLEEP, dueIn ?? Infinity);
    for (const partition of partitions) this.#sleepUntil[partition] = until;
  }

  /** An operator has changed things. */
  wake(): void {
    this.#sleepUntil.fill(-Infinity);
  }
}
