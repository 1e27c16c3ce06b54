/** So many failures in a row, and nobody asks for a while. */
const MOST_FAILURES = 3;
/** How long that is: ms. */
const REST = 500;

/** Spares callers the wait for a server that has not answered several times in a row. */
export class Breaker {
  #failures = 0;
  #restsUntil = -Infinity;

  isOpen(now: number): boolean {
    return now < this.#restsUntil;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(now: number): void {
    this.#failures++;
    if (this.#failures >= MOST_FAILURES) this.#restsUntil = now + REST;
  }
}
