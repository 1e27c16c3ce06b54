/** How much counts have grown since they were last asked for: StatsD adds up what it is sent. */
export class Deltas {
  #last = new Map<string, number>();
  #now = new Map<string, number>();

  /** `count` is what was counted in all; where it fell, a job of that name was installed anew, and counts from 0. */
  since(key: string, count: number): number {
    const last = this.#last.get(key) ?? 0;
    this.#now.set(key, count);
    return count >= last ? count - last : count;
  }

  /** All counts have been asked for: of others, those of jobs that are no longer installed, nothing is kept. */
  endRound(): void {
    this.#last = this.#now;
    this.#now = new Map();
  }
}
