/** Growth of counts since the previous round, as StatsD adds up the values that it receives. */
export class Deltas {
  #last = new Map<string, number>();
  #now = new Map<string, number>();

  /** @param count - the total. If it has decreased, a job of that name was installed again and counts from 0. */
  since(key: string, count: number): number {
    const last = this.#last.get(key) ?? 0;
    this.#now.set(key, count);
    return count >= last ? count - last : count;
  }

  /** Call it when all counts have been read. Forgets all others, of jobs that are no longer installed. */
  endRound(): void {
    this.#last = this.#now;
    this.#now = new Map();
  }
}
