import { OUTCOMES, type GateReason, type Outcome } from '../outcome.js';
import type { AbortReason } from '../slice/slice.js';
import type { JobSnapshot } from './snapshot.js';

/** Number of slices of a job with the same outcome and reason. */
export interface SliceCount {
  readonly outcome: Outcome;
  /** Reason of the outcome; undefined for outcomes without one. */
  readonly reason: GateReason | AbortReason | 'error' | undefined;
  readonly count: number;
}

/** The counts of a job for exporters: exact, and with all slices as their sum; counts of 0 are omitted. */
export function sliceCounts({ counts, gatedBy, abortedBy }: JobSnapshot): SliceCount[] {
  return OUTCOMES.flatMap((outcome): SliceCount[] => {
    if (outcome === 'gated') return byReason(outcome, gatedBy);
    if (outcome === 'aborted') return byReason(outcome, abortedBy);
    const reason = outcome === 'failed' ? 'error' : undefined;
    return counts[outcome] === 0 ? [] : [{ outcome, reason, count: counts[outcome] }];
  });
}

/** The slices that the agenda started and that were held back, by reason; counts of 0 are omitted. */
export function gatedLooks(job: JobSnapshot): { readonly reason: GateReason; readonly count: number }[] {
  return Object.entries(job.gatedLooks).map(([reason, count]) => ({ reason: reason as GateReason, count }));
}

function byReason<R extends GateReason | AbortReason>(
  outcome: Outcome,
  counts: Readonly<Partial<Record<R, number>>>,
): SliceCount[] {
  return Object.entries<number>(counts as Record<R, number>).map(([reason, count]) => ({
    outcome,
    reason: reason as R,
    count,
  }));
}
