const TICK = 5;

/** Time in which this process has run: ms. It stands still while a busy machine leaves the process aside. */
export class OwnTime {
  #ticks = 0;
  readonly #timer = setInterval(() => this.#ticks++, TICK);

  /** ms since it was made. */
  get elapsed(): number {
    return this.#ticks * TICK;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
