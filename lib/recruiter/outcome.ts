import { describeValue } from './describe-value.js';
import { Duty, type Progress } from './job.js';

/**
 * What came of a drawn slice: `full` (more is waiting), `partial` (did what there was), `idle` (nothing to do),
 * `aborted` (over budget, or the application closed), `failed` (threw, rejected or returned nonsense),
 * `gated` (drawn, but not run: see {@link GateReason}).
 */
export type Outcome = 'full' | 'partial' | 'idle' | 'aborted' | 'failed' | 'gated';

/** Every {@link Outcome}, in the order in which tables show them. */
export const OUTCOMES: readonly Outcome[] = ['full', 'partial', 'idle', 'aborted', 'failed', 'gated'];

/** Why a drawn slice was not run now. */
export type GateReason =
  'paused' | 'closing' | 'busy' | 'loaded' | 'duty-spent' | 'backed-off' | 'lease-held' | 'pace-spent';

/** What a slice that was carried through has to tell. */
export interface Work {
  /** See {@link Outcome}. */
  readonly outcome: 'full' | 'partial' | 'idle';
  /** Items done, where the job counts them ({@link Progress}). */
  readonly done?: number;
  /** The most items the slice would have done, where the job counts them. */
  readonly limit?: number;
}

/** What an enlistment came to whose slice had this outcome. */
export function dutyOf(outcome: Outcome): Duty {
  return outcome === 'full' || outcome === 'partial' ? Duty.RECRUITED : Duty.DISMISSED;
}

/**
 * Reads what a job returned.
 *
 * @throws TypeError when it is neither a {@link Duty}, nor a {@link Progress}, nor nothing.
 */
export function readResult(result: unknown): Work {
  if (result === undefined || result === Duty.RECRUITED) return { outcome: 'full' };
  if (result === Duty.DISMISSED) return { outcome: 'idle' };
  const progress = readProgress(result);
  if (progress === undefined) {
    throw new TypeError(
      `recruited() returned ${describeValue(result)}; expected Duty.RECRUITED, Duty.DISMISSED, ` +
        `{ done, limit } with finite numbers of 0 or more, or nothing`,
    );
  }
  const { done, limit } = progress;
  return { outcome: done === 0 ? 'idle' : done < limit ? 'partial' : 'full', done, limit };
}

function readProgress(result: unknown): Progress | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { done, limit } = result as Partial<Progress>;
  // A larger number of items is no count, and would spoil the sum for good.
  return isCount(done) && isCount(limit) && done <= Number.MAX_SAFE_INTEGER ? { done, limit } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
