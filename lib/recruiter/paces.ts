import type { Clock } from './clock.js';
import { within } from '../time/within.js';
import { describeValue } from '../options/describe-value.js';
import { WorkStealingConfigError } from './errors.js';
import type { PaceKeeper } from './pace.js';
import type { InstalledJob } from './roster.js';

/** For so long a keeper is not asked again after its second failure in a row, and twice as long after each more: ms. */
const FIRST_REST = 250;
const LONGEST_REST = 8000;

/**
 * Asks the keeper of one recruiter whether slices fit the pace of their jobs.
 *
 * Asked only for what the local algorithm has drawn and let through, and not again before the time that the last
 * refusal named. A keeper that fails or does not answer takes nothing away: what remains is the local algorithm. It is
 * left alone for a while then, since a server that hangs hears all questions in the end, and takes them for a crowd.
 */
export class Paces {
  #keeper: PaceKeeper | undefined;
  #failuresInARow = 0;
  #restsUntil = -Infinity;

  constructor(
    private readonly clock: Required<Clock>,
    private readonly complain: (error: unknown, where: string) => void,
  ) {}

  /** Whether there is anybody to ask. */
  get areKept(): boolean {
    return this.#keeper !== undefined;
  }

  /** @throws WorkStealingConfigError when it is no keeper. */
  use(keeper: PaceKeeper): () => void {
    if (typeof keeper?.take !== 'function') {
      throw new WorkStealingConfigError(
        `usePaces(): the keeper is ${describeValue(keeper)}; expected an object with a method take(jobId, perSecond)`,
      );
    }
    this.#keeper = keeper;
    this.#hasAnswered();
    return () => {
      if (this.#keeper === keeper) this.#keeper = undefined;
    };
  }

  /**
   * Asks whether a slice fits the pace of its job: 0, or the ms until it may. Never rejects, and waits no longer than a
   * slice may take; 0 where there is no answer.
   */
  async ask({ id, budget }: Pick<InstalledJob, 'id' | 'budget'>, perSecond: number): Promise<number> {
    if (this.clock.now() < this.#restsUntil) return 0;
    try {
      const asking = Promise.resolve(this.#keeper?.take(id, perSecond, budget) ?? 0);
      const message = `no answer within ${budget} ms`;
      const wait = await within(asking, budget, { clock: this.clock, keepAlive: true, message });
      if (typeof wait !== 'number' || !(wait >= 0 && wait < Infinity)) {
        throw new TypeError(`take() returned ${describeValue(wait)}; expected milliseconds, 0 or more`);
      }
      this.#hasAnswered();
      return wait;
    } catch (error) {
      this.#hasFailed();
      this.complain(error, `asking for the pace of "${id}"`);
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
    const rest = Math.min(LONGEST_REST, FIRST_REST * 2 ** (this.#failuresInARow - 2));
    this.#restsUntil = this.clock.now() + rest;
  }
}
