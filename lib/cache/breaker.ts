/** Failures in a row that open the breaker. */
const MAX_FAILURES = 3;
/** How long it stays open. */
const COOL_DOWN_MS = 500;

/** Spares callers the wait for a server that has failed to answer several times in a row. */
export class Breaker {
  #failures = 0;
  #openUntil = -Infinity;

  isOpen(now: number): boolean {
    return now < this.#openUntil;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(now: number): void {
    this.#failures++;
    if (this.#failures >= MAX_FAILURES) this.#openUntil = now + COOL_DOWN_MS;
  }
}
