import type { GateCounts, GateReason, Outcome } from '../../recruiter/outcome.js';
import { perOutcome } from '../../recruiter/record/per-outcome.js';
import type { JobSnapshot } from '../../recruiter/record/snapshot.js';

/** What had been counted of a job at one moment: a {@link JobSnapshot} has it, or a sum of those of a fleet. */
export interface RateReading
  extends Pick<JobSnapshot, 'counts' | 'gatedBy' | 'items'>, Partial<Pick<JobSnapshot, 'gatedLooks'>> {
  /** When: ms by any clock that does not leap. */
  readonly at: number;
  /** Enlistments so far, of the job's recruiter. */
  readonly enlistments: number;
}

/** What happened to a job between two readings. */
export interface RateWindow {
  /** How long it lasted. */
  readonly seconds: number;
  /** Enlistments in it, of the job's recruiter. */
  readonly enlistments: number;
  /** Slices drawn in it, by outcome. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** The `gated` ones by what held them back. */
  readonly gatedBy: Readonly<GateCounts>;
  /** Those of `gatedBy` that no enlistment drew: see {@link JobSnapshot.gatedLooks}. @default none */
  readonly gatedLooks?: Readonly<GateCounts> | undefined;
  /** Items done in it, by slices that count them. */
  readonly items: number;
}

/** What {@link adviseRate} judges by: of one process, or summed up over a fleet. */
export interface RateFacts extends RateWindow {
  /** The declared rate in force: 0 to 1. */
  readonly rate: number;
  /** What the rates of the recruiter's other jobs leave: 1 less their sum. */
  readonly room: number;
  /** Over how many processes it is summed up. @default 1 */
  readonly processes?: number;
  /** Items that waited at the beginning and at the end, where the job can tell: see {@link Job.backlog}. */
  readonly backlog?: { readonly before: number; readonly after: number } | undefined;
  /** How long a slice takes, on average: ms. */
  readonly sliceDuration?: number | undefined;
  /** Time that one slice may take: ms. */
  readonly budget?: number | undefined;
  /** Share of wall-clock time that slices may take in a process. @default 0.05 */
  readonly dutyCycle?: number | undefined;
  /** Whether the job backs off, and known work is worked off between enlistments. @default true */
  readonly adaptive?: boolean | undefined;
  /** Mean time between looks at a job without known work: ms; `false` for no such looks. @default 120_000 */
  readonly interval?: number | false | undefined;
  /** Whether its slices are held back by an operator. @default false */
  readonly paused?: boolean | undefined;
}

/** What happened between two readings of the same job. A counter that began anew counts for nothing. */
export function measure(before: RateReading, after: RateReading): RateWindow {
  return {
    seconds: grown(before.at, after.at) / 1000,
    enlistments: grown(before.enlistments, after.enlistments),
    counts: perOutcome((outcome) => grown(before.counts[outcome], after.counts[outcome])),
    gatedBy: grownByReason(before.gatedBy, after.gatedBy),
    gatedLooks: grownByReason(before.gatedLooks, after.gatedLooks),
    items: grown(before.items, after.items),
  };
}

type ByReason = Readonly<GateCounts>;

function grownByReason(before: ByReason = {}, after: ByReason = {}): ByReason {
  const reasons = Object.entries(after) as [GateReason, number][];
  return Object.fromEntries(reasons.map(([reason, count]) => [reason, grown(before[reason] ?? 0, count)]));
}

function grown(before: number, after: number): number {
  return Math.max(0, after - before);
}
