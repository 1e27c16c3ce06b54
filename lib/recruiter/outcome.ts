import { describeValue } from '../options/describe-value.js';
import { Duty, type Progress } from './job.js';

/**
 * What came of a slice: `full` (more is waiting), `partial` (did some work), `idle` (nothing to do), `aborted` (cut
 * short, and had nothing to show for it in time), `failed` (threw, rejected or returned nonsense), `gated` (drawn or
 * looked at, but not run: see {@link GateReason}).
 */
export type Outcome = 'full' | 'partial' | 'idle' | 'aborted' | 'failed' | 'gated';

/** Every {@link Outcome}, in the order in which tables show them. */
export const OUTCOMES: readonly Outcome[] = ['full', 'partial', 'idle', 'aborted', 'failed', 'gated'];

/** The reasons for which the recruiter itself holds slices back. */
export const BUILT_IN_REASONS: readonly BuiltInReason[] = [
  'paused',
  'removed',
  'closing',
  'busy',
  'loaded',
  'duty-spent',
  'backed-off',
  'lease-held',
  'pace-spent',
  'not-due',
];

/** A reason for which the recruiter itself holds slices back: see {@link GateReason}. */
export type BuiltInReason =
  | 'paused'
  | 'removed'
  | 'closing'
  | 'busy'
  | 'loaded'
  | 'duty-spent'
  | 'backed-off'
  | 'lease-held'
  | 'pace-spent'
  | 'not-due';

/**
 * Why a slice was not run now. `removed`: its job was taken off the roster between the draw and the start; `paused`:
 * also where the rate was set to 0 in that time; `lease-held`: another worker runs a slice, by a lease or under `every`;
 * `not-due`: another worker has done the pass; `gate:` and a name: a gate of {@link Recruiter.useGate}.
 */
export type GateReason = BuiltInReason | `gate:${string}`;

/** Slices that were held back, by reason; reasons that never did are left out. */
export type GateCounts = Partial<Record<BuiltInReason, number>> & Record<`gate:${string}`, number>;

/** What a slice that was carried through has to tell. */
export interface Work {
  /** See {@link Outcome}. */
  readonly outcome: 'full' | 'partial' | 'idle';
  /** Items done, where the job counts them ({@link Progress}). */
  readonly done?: number;
  /** The most items the slice would have done, where the job says so. */
  readonly limit?: number;
  /** Whether more is waiting, where the job says so. */
  readonly more?: boolean;
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
  if (result === undefined || result === Duty.RECRUITED) return { outcome: 'partial' };
  if (result === Duty.DISMISSED) return { outcome: 'idle' };
  const progress = readProgress(result);
  if (progress === undefined) {
    throw new TypeError(
      `recruited() returned ${describeValue(result)}; expected { done, limit?, more? } with finite numbers of 0 or ` +
        `more and a boolean, Duty.RECRUITED, Duty.DISMISSED, or nothing`,
    );
  }
  return { outcome: outcomeOf(progress), ...progress };
}

/** {@link Progress} without parts that are undefined. */
type Counted = Omit<Work, 'outcome' | 'done'> & { readonly done: number };

function outcomeOf({ done, limit, more }: Counted): Work['outcome'] {
  const isMore = more ?? (done > 0 && limit !== undefined && done >= limit);
  if (isMore) return 'full';
  return done === 0 ? 'idle' : 'partial';
}

/** Copies what it reads: each part is read once, as a getter may answer otherwise the next time. */
function readProgress(result: unknown): Counted | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { done, limit, more } = result as Partial<Progress>;
  // A larger number of items is no count, and would spoil the sum for good.
  if (!isCount(done) || done > Number.MAX_SAFE_INTEGER) return undefined;
  if (limit !== undefined && !isCount(limit)) return undefined;
  if (more !== undefined && typeof more !== 'boolean') return undefined;
  return { done, ...(limit !== undefined && { limit }), ...(more !== undefined && { more }) };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
