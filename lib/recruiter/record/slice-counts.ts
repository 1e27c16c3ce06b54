import { OUTCOMES, type GateReason, type Outcome } from '../outcome.js';
import type { AbortReason } from '../slice/slice.js';
import type { JobSnapshot } from './snapshot.js';

/** How many slices of a job came to the same, for the same reason. */
export interface SliceCount {
  readonly outcome: Outcome;
  /** Of the outcomes that have one. */
  readonly reason: GateReason | AbortReason | 'error' | undefined;
  readonly count: number;
}

/** The counts of a job as telemetry tells them: exact, and adding up to all slices drawn; what never was is left out. */
export function sliceCounts({ counts, gatedBy, abortedBy }: JobSnapshot): SliceCount[] {
  return OUTCOMES.flatMap((outcome): SliceCount[] => {
    if (outcome === 'gated') return byReason(outcome, gatedBy);
    if (outcome === 'aborted') return byReason(outcome, abortedBy);
    const reason = outcome === 'failed' ? 'error' : undefined;
    return counts[outcome] === 0 ? [] : [{ outcome, reason, count: counts[outcome] }];
  });
}

/** Slices that were held back though no enlistment drew them, by what held them back; what never was is left out. */
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
