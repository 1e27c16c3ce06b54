import { Logger } from '@nestjs/common';

/** ms between two lines. */
const QUIET = 1000;

/** Warns at most once a second, and then says how often it kept quiet: trouble with Redis is trouble in each request. */
export class QuietLog {
  readonly #logger: Logger;
  #quietUntil = -Infinity;
  #leftOut = 0;

  constructor(
    context: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#logger = new Logger(context);
  }

  warn(what: string, error: unknown): void {
    const now = this.now();
    if (now < this.#quietUntil) {
      this.#leftOut++;
      return;
    }
    const why = error instanceof Error ? error.message : String(error);
    const more = this.#leftOut === 0 ? '' : ` (${this.#leftOut} more left out)`;
    this.#quietUntil = now + QUIET;
    this.#leftOut = 0;
    this.#logger.warn(`${what}: ${why}${more}`);
  }
}
