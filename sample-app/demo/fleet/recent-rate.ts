/** How fast a counter has been growing lately. */
export class RecentRate {
  readonly #readings: { readonly at: number; readonly total: number }[] = [];

  /** @param window - how far back "lately" reaches: ms. */
  constructor(private readonly window = 3000) {}

  /**
   * @param total - the counter now; one that has shrunk began anew.
   * @param at - when it was read: ms.
   */
  add(total: number, at: number): void {
    const last = this.#readings.at(-1);
    if (last !== undefined && total < last.total) this.#readings.length = 0;
    this.#readings.push({ at, total });
    while (this.#readings.length > 2 && this.#readings[1]!.at <= at - this.window) this.#readings.shift();
  }

  get perSecond(): number {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return ((last.total - first.total) / (last.at - first.at)) * 1000;
  }
}
