/** How much counts have grown since they were last asked for: StatsD adds up what it is sent. */
export class Deltas {
  readonly #last = new Map<string, number>();

  /** `count` is what was counted in all; where it fell, a job of that name was installed anew, and counts from 0. */
  since(key: string, count: number): number {
    const last = this.#last.get(key) ?? 0;
    this.#last.set(key, count);
    return count >= last ? count - last : count;
  }
}
