import type { ReportError } from '../events.js';
import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import { describeValue } from '../../options/describe-value.js';
import type { PaceCoordinator } from './coordinator.js';

/** How long a coordinator is left alone after its second failure in a row; twice as long after each further one: ms. */
const FIRST_REST_MS = 250;
const MAX_REST_MS = 8000;

/**
 * Asks the coordinator whether slices fit the pace of their jobs.
 *
 * Asked only for what the local algorithm has drawn and let through, and not again before the time that the last
 * refusal named. A coordinator that fails or does not answer takes nothing away: what remains is the local algorithm. It is
 * left alone for a while then, since a server that hangs hears all questions in the end, and takes them for a crowd.
 */
export class Paces {
  #failuresInARow = 0;
  #restsUntil = -Infinity;

  constructor(
    private readonly recruiter: string,
    private readonly coordinator: () => PaceCoordinator | undefined,
    private readonly clock: Required<Clock>,
    private readonly reportError: ReportError,
  ) {}

  /** A new coordinator is asked at once, however the last one failed. */
  coordinatorChanged(): void {
    this.#hasAnswered();
  }

  /**
   * Asks whether a slice fits the pace of its job: 0, or the ms until it may. Never rejects, and waits no longer than a
   * slice may take; 0 where there is no answer.
   */
  async ask(
    { id: jobId, budget }: { readonly id: string; readonly budget: number },
    perSecond: number,
  ): Promise<number> {
    if (this.clock.now() < this.#restsUntil) return 0;
    try {
      const job = { recruiter: this.recruiter, jobId };
      const asking = Promise.resolve(this.coordinator()?.take(job, perSecond, budget) ?? 0);
      const message = `no answer within ${budget} ms`;
      const wait = await within(asking, budget, { clock: this.clock, keepAlive: true, message });
      if (typeof wait !== 'number' || !(wait >= 0 && wait < Infinity)) {
        throw new TypeError(`take() returned ${describeValue(wait)}; expected milliseconds, 0 or more`);
      }
      this.#hasAnswered();
      return wait;
    } catch (error) {
      this.#hasFailed();
      this.reportError(error, `asking for the pace of "${jobId}"`);
      return 0;
    }
  }

  #hasAnswered(): void {
    this.#failuresInARow = 0;
    this.#restsUntil = -Infinity;
  }

  #hasFailed(): void {
    this.#failuresInARow++;
    if (this.#failuresInARow === 1) return;
    const rest = Math.min(MAX_REST_MS, FIRST_REST_MS * 2 ** (this.#failuresInARow - 2));
    this.#restsUntil = this.clock.now() + rest;
  }
}
