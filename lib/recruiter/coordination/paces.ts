import type { ReportError } from '../events.js';
import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import { describeValue } from '../../options/describe-value.js';
import type { PaceCoordinator } from './coordinator.js';

/** Cool-down of a coordinator after its second consecutive failure; doubled by each further one, up to the maximum. */
const FIRST_COOL_DOWN_MS = 250;
const MAX_COOL_DOWN_MS = 8000;

/**
 * Asks the coordinator whether slices fit the pace of their jobs.
 *
 * It is asked only for slices that the local algorithm has drawn and admitted, and not again before the time that the last
 * refusal named. Without a coordinator that replies, the local algorithm alone decides. After failures there is a cool-down,
 * since a server that hangs receives all requests in the end, and would count each as another process.
 */
export class Paces {
  #failuresInARow = 0;
  #coolDownUntil = -Infinity;

  constructor(
    private readonly recruiter: string,
    private readonly coordinator: () => PaceCoordinator | undefined,
    private readonly clock: Required<Clock>,
    private readonly reportError: ReportError,
  ) {}

  /** Ends a cool-down, so that a new coordinator is asked at once. */
  coordinatorChanged(): void {
    this.#reset();
  }

  /**
   * Asks whether a slice fits the pace of its job. Never rejects, and waits for at most the budget of a slice.
   *
   * @returns 0 if it fits or there is no reply; otherwise ms until it may.
   */
  async ask(
    { id: jobId, budget }: { readonly id: string; readonly budget: number },
    perSecond: number,
  ): Promise<number> {
    if (this.clock.now() < this.#coolDownUntil) return 0;
    try {
      const job = { recruiter: this.recruiter, jobId };
      const asking = Promise.resolve(this.coordinator()?.take(job, perSecond, budget) ?? 0);
      const message = `no answer within ${budget} ms`;
      const wait = await within(asking, budget, { clock: this.clock, keepAlive: true, message });
      if (typeof wait !== 'number' || !(wait >= 0 && wait < Infinity)) {
        throw new TypeError(`take() returned ${describeValue(wait)}; expected milliseconds, 0 or more`);
      }
      this.#reset();
      return wait;
    } catch (error) {
      this.#hasFailed();
      this.reportError(error, `asking for the pace of "${jobId}"`);
      return 0;
    }
  }

  #reset(): void {
    this.#failuresInARow = 0;
    this.#coolDownUntil = -Infinity;
  }

  #hasFailed(): void {
    this.#failuresInARow++;
    if (this.#failuresInARow === 1) return;
    const coolDown = Math.min(MAX_COOL_DOWN_MS, FIRST_COOL_DOWN_MS * 2 ** (this.#failuresInARow - 2));
    this.#coolDownUntil = this.clock.now() + coolDown;
  }
}
