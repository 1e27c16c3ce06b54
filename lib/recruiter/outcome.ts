import { describeValue } from '../options/describe-value.js';
import { Duty, type Progress } from './job.js';

/**
 * The outcome of a slice: `full` (more work is waiting), `partial` (did some work), `idle` (nothing to do), `aborted` (cut
 * short without a result in time), `failed` (threw, rejected or returned an invalid value), `gated` (drawn, due or requested,
 * but not run: see {@link GateReason}).
 */
export type Outcome = 'full' | 'partial' | 'idle' | 'aborted' | 'failed' | 'gated';

/** All outcomes, in the order in which tables show them. */
export const OUTCOMES: readonly Outcome[] = ['full', 'partial', 'idle', 'aborted', 'failed', 'gated'];

/** All reasons for which the recruiter itself holds slices back. */
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
 * Why a slice was not run. `removed`: its job was removed between the draw and the start; `paused`: also if the rate was
 * set to 0 in that time; `lease-held`: another worker runs a slice, by a lease or under `every`; `not-due`: another worker
 * has completed the pass; `gate:` and a name: a gate of {@link Recruiter.useGate}.
 */
export type GateReason = BuiltInReason | `gate:${string}`;

/** Number of slices that were held back, by reason; reasons that never occurred are omitted. */
export type GateCounts = Partial<Record<BuiltInReason, number>> & Record<`gate:${string}`, number>;

/** The result of a completed slice. */
export interface Work {
  /** See {@link Outcome}. */
  readonly outcome: 'full' | 'partial' | 'idle';
  /** Items done, if the job returned them ({@link Progress}). */
  readonly done?: number;
  /** Maximum items that the slice would have done, if the job returned it. */
  readonly limit?: number;
  /** Whether more is waiting, if the job returned it. */
  readonly more?: boolean;
}

/** Returns the result of an enlistment whose slice had this outcome. */
export function dutyOf(outcome: Outcome): Duty {
  return outcome === 'full' || outcome === 'partial' ? Duty.RECRUITED : Duty.DISMISSED;
}

/**
 * Reads the return value of a job.
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

/** {@link Progress} without undefined properties. */
type Counted = Omit<Work, 'outcome' | 'done'> & { readonly done: number };

function outcomeOf({ done, limit, more }: Counted): Work['outcome'] {
  const isMore = more ?? (done > 0 && limit !== undefined && done >= limit);
  if (isMore) return 'full';
  return done === 0 ? 'idle' : 'partial';
}

/** Returns a copy: each property is read once, as a getter may return another value the next time. */
function readProgress(result: unknown): Counted | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { done, limit, more } = result as Partial<Progress>;
  // A larger number would make the sum of items inexact for good.
  if (!isCount(done) || done > Number.MAX_SAFE_INTEGER) return undefined;
  if (limit !== undefined && !isCount(limit)) return undefined;
  if (more !== undefined && typeof more !== 'boolean') return undefined;
  return { done, ...(limit !== undefined && { limit }), ...(more !== undefined && { more }) };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
