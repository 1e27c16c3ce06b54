import type { RateAdvice } from './advice/rate-advice.js';
import type { Durations, JobError } from '../recruiter/record/job-record.js';
import type { JobProgress } from '../recruiter/job.js';
import type { GateCounts, Outcome } from '../recruiter/outcome.js';

/** One process of the fleet. */
export interface FleetProcess {
  /** Unlike that of any other process, and of the same process after a restart. */
  readonly id: string;
  /** The name of the machine. */
  readonly host: string;
  /** Of the process on that machine. */
  readonly pid: number;
  /** Of the application, where it says so. */
  readonly version: string | undefined;
  /** When it began to take part. */
  readonly since: Date;
  /** When it last gave notice. */
  readonly seenAt: Date;
  /** Whether it is this process. */
  readonly isSelf: boolean;
  /** Event-loop utilization as the load gate sees it: 0 to 1. */
  readonly utilization: number;
  /** Slices in flight. */
  readonly inFlight: number;
  /** Enlistments so far, of all its recruiters. */
  readonly enlistments: number;
  /** Of the last few seconds. */
  readonly enlistmentsPerSecond: number;
}

/** Which job: ids are unique in a recruiter. */
export interface FleetJobRef {
  /** Of which recruiter. @default default */
  readonly recruiter?: string;
  /** Its name there. */
  readonly id: string;
}

/** A declared rate that was set for the whole fleet while it ran. */
export interface RateOverride {
  /** 0 to 1. */
  readonly rate: number;
  /** Who set it. */
  readonly by: string;
  /** When. */
  readonly at: Date;
}

/** One job, summed up over the processes that are alive. */
export interface FleetJob {
  /** The recruiter that it belongs to. */
  readonly recruiter: string;
  /** Its name there. */
  readonly id: string;
  /** How many processes have it. */
  readonly processes: number;
  /** The rate that code or options declare. */
  readonly declaredRate: number;
  /** The rate in force: the declared one, or the override. */
  readonly rate: number;
  /** What was set while the fleet ran; undefined where the declared rate is in force. */
  readonly override: RateOverride | undefined;
  /** The rate after back-off: the mean over the processes, weighed by their enlistments. */
  readonly effectiveRate: number;
  /** Whether its slices are held back, alone or with those of all jobs. */
  readonly paused: boolean;
  /** By what: code that called {@link Recruiter.pause} where neither is true. A resume of the same extent ends each. */
  readonly pauses: { readonly job: boolean; readonly recruiter: boolean };
  /** Slices drawn since the processes alive were started, by outcome. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** The `gated` ones by what held them back. */
  readonly gatedBy: Readonly<GateCounts>;
  /** Those of `gatedBy` that no enlistment drew: see {@link JobSnapshot.gatedLooks}. */
  readonly gatedLooks: Readonly<GateCounts>;
  /** Items done, by slices that count them. */
  readonly items: number;
  /** Slices that took longer than their budget, whatever came of them. */
  readonly overruns: number;
  /** Whether any process knows of more work that is waiting. */
  readonly more: boolean;
  /** Slices that were run (`gated` ones are not), of the last few seconds. */
  readonly slicesPerSecond: number;
  /** Of the last few seconds. */
  readonly itemsPerSecond: number;
  /** Of the slices of all processes: ms; quantiles are those of the process where they are highest. */
  readonly durations: Omit<Durations, 'last'> | undefined;
  /** When a slice last did work, in any process. */
  readonly lastWorkAt: Date | undefined;
  /** The latest error of any process. */
  readonly lastError: (JobError & { readonly process: string }) | undefined;
  /** Items that wait, where the job can tell. */
  readonly backlog: number | undefined;
  /** How far it is, where it works in sweeps. */
  readonly progress: JobProgress | undefined;
  /** Whether its rate is right. */
  readonly advice: RateAdvice;
}

/** What somebody did to the fleet while it ran. */
export type FleetAction = 'set-rate' | 'reset-rate' | 'pause' | 'resume' | 'run-once';

/** One line of the audit list. */
export interface AuditEntry {
  /** When, by the server's clock. */
  readonly at: Date;
  /** Who: as given by the caller. */
  readonly by: string;
  /** What was done. */
  readonly action: FleetAction;
  /** To a job of which recruiter. */
  readonly recruiter: string;
  /** Undefined for `pause` and `resume` of all jobs. */
  readonly jobId: string | undefined;
  /** Of `set-rate`. */
  readonly rate: number | undefined;
}

/** Sees and steers the fleet; without Redis, this process alone. */
export interface Fleet {
  /** Whether the whole fleet is seen and steered, or this process alone (no Redis, or Redis away since a while). */
  readonly scope: 'fleet' | 'process';
  /** Those alive, this one first, then by host and pid. */
  processes(): Promise<readonly FleetProcess[]>;
  /** In the order of installation; jobs that this process does not have come last. */
  jobs(): Promise<readonly FleetJob[]>;
  /** The latest first. */
  audit(limit?: number): Promise<readonly AuditEntry[]>;
  /** Overrides the declared rate. The rates of a recruiter must add up to 1 at most. */
  setRate(job: FleetJobRef, rate: number, by: string): Promise<void>;
  /** Goes back to the declared rate. */
  resetRate(job: FleetJobRef, by: string): Promise<void>;
  /** Of one job, or of all jobs of a recruiter. */
  pause(job: FleetJobRef | { readonly recruiter?: string }, by: string): Promise<void>;
  /** Ends a pause of the same extent. */
  resume(job: FleetJobRef | { readonly recruiter?: string }, by: string): Promise<void>;
  /** One slice now, in one process that has the job. */
  runOnce(job: FleetJobRef, by: string): Promise<void>;
}
