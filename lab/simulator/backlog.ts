/** Items of one job that wait in Redis, oldest first, gathered by the second in which they fell due. */
export class Backlog {
  waiting = 0;
  readonly #seconds: number[] = [];
  readonly #counts: number[] = [];
  #head = 0;

  /** @param isEndless - there is always more, and nothing of it grows old: a backfill. */
  constructor(private readonly isEndless = false) {}

  add(second: number, count: number): void {
    if (count === 0) return;
    this.#seconds.push(second);
    this.#counts.push(count);
    this.waiting += count;
  }

  /** Takes up to `limit` of the oldest items; returns how many there were. */
  take(limit: number): number {
    if (this.isEndless) return limit;
    let left = limit;
    while (left > 0 && this.waiting > 0) {
      const taken = Math.min(left, this.#counts[this.#head]!);
      this.#counts[this.#head]! -= taken;
      this.waiting -= taken;
      left -= taken;
      if (this.#counts[this.#head] === 0) this.#head++;
    }
    if (this.#head > 10_000) this.#forget();
    return limit - left;
  }

  /** Age of the oldest item in seconds; 0 when none waits. */
  age(second: number): number {
    return this.waiting === 0 ? 0 : second - this.#seconds[this.#head]!;
  }

  #forget(): void {
    this.#seconds.splice(0, this.#head);
    this.#counts.splice(0, this.#head);
    this.#head = 0;
  }
}
