import type { GateCounts, GateReason, Outcome } from '../../recruiter/outcome.js';
import { perOutcome } from '../../recruiter/record/per-outcome.js';
import type { JobSnapshot } from '../../recruiter/record/snapshot.js';

/** The counters of a job at one moment, as a {@link JobSnapshot} or the sum of those of a fleet has them. */
export interface RateReading
  extends Pick<JobSnapshot, 'counts' | 'gatedBy' | 'items'>, Partial<Pick<JobSnapshot, 'gatedLooks'>> {
  /** Time of the reading: ms by any monotonic clock. */
  readonly at: number;
  /** Enlistments of the job's recruiter so far. */
  readonly enlistments: number;
}

/** What was counted for a job between two readings: see {@link measure}. */
export interface RateWindow {
  /** Length of the window: seconds. */
  readonly seconds: number;
  /** Enlistments of the job's recruiter in the window. */
  readonly enlistments: number;
  /** Slices in the window by outcome. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** The `gated` slices by the gate that held them back. */
  readonly gatedBy: Readonly<GateCounts>;
  /** The part of `gatedBy` that no enlistment drew: see {@link JobSnapshot.gatedLooks}. @default none */
  readonly gatedLooks?: Readonly<GateCounts> | undefined;
  /** Items done in the window, by slices that report them. */
  readonly items: number;
}

/** Input of {@link adviseRate}: measurements of one process, or summed up over a fleet. */
export interface RateFacts extends RateWindow {
  /** The declared rate in force: 0 to 1. */
  readonly rate: number;
  /** Rate that the recruiter's other jobs leave: 1 minus the sum of their rates. */
  readonly room: number;
  /** Number of processes that the facts are summed up over. @default 1 */
  readonly processes?: number;
  /** Waiting items at the beginning and the end of the window, if the job reports them: see {@link Job.backlog}. */
  readonly backlog?: { readonly before: number; readonly after: number } | undefined;
  /** Mean duration of a slice: ms. @default unknown */
  readonly sliceDuration?: number | undefined;
  /** Budget of a slice: ms. @default Infinity */
  readonly budget?: number | undefined;
  /** Share of wall-clock time that slices may take in a process: above 0, at most 1. @default 0.05 */
  readonly dutyCycle?: number | undefined;
  /** Whether the recruiter adapts: it backs off, and runs slices for known work between enlistments. @default true */
  readonly adaptive?: boolean | undefined;
  /** Mean time between the agenda's runs of a job without known work: ms; `false` for none. @default 120_000 */
  readonly interval?: number | false | undefined;
  /** Whether the job is paused. @default false */
  readonly paused?: boolean | undefined;
}

/** Returns what was counted between two readings of the same job; a counter that was reset meanwhile counts as 0. */
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
