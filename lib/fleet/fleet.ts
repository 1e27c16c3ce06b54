import type { RateAdvice } from './advice/rate-advice.js';
import type { Durations, JobError } from '../recruiter/record/job-record.js';
import type { JobProgress } from '../recruiter/job.js';
import type { GateCounts, Outcome } from '../recruiter/outcome.js';
import type { JobPeriodSnapshot } from '../recruiter/record/snapshot.js';

/** One process of the fleet. */
export interface FleetProcess {
  /** Unique ID; a new one after each restart. */
  readonly id: string;
  /** Host name of the machine. */
  readonly host: string;
  /** Operating-system process ID. */
  readonly pid: number;
  /** Application version, if configured. */
  readonly version: string | undefined;
  /** When the process joined the fleet. */
  readonly since: Date;
  /** When the process last published its state. */
  readonly seenAt: Date;
  /** Whether it is the process that this is read in. */
  readonly isSelf: boolean;
  /** Event-loop utilization as the load gate measures it: 0 to 1. */
  readonly utilization: number;
  /** Slices in flight. */
  readonly inFlight: number;
  /** Enlistments since the process started, in all its recruiters. */
  readonly enlistments: number;
  /** Enlistments per second over the last few seconds, in all its recruiters. */
  readonly enlistmentsPerSecond: number;
}

/** Names one job of the fleet: its ID is unique within its recruiter. */
export interface FleetJobRef {
  /** Name of its recruiter. @default default */
  readonly recruiter?: string;
  /** ID of the job. */
  readonly id: string;
}

/** A rate that was set for the whole fleet at run time, in place of the declared one. */
export interface RateOverride {
  /** Rate: 0 to 1. */
  readonly rate: number;
  /** Who set the override, as passed by the caller. */
  readonly by: string;
  /** When the override was set. */
  readonly at: Date;
}

/** One job, summed up over all processes that are alive. */
export interface FleetJob {
  /** Name of its recruiter. */
  readonly recruiter: string;
  /** ID of the job. */
  readonly id: string;
  /** Number of processes that have the job. */
  readonly processes: number;
  /** The rate that code or options declare: 0 to 1. */
  readonly declaredRate: number;
  /** Whether they declare none: `declaredRate` is the default one then, an equal share of what the declared rates leave. */
  readonly isDefaultRate: boolean;
  /** The rate in force, which is the override or else the declared rate: 0 to 1. */
  readonly rate: number;
  /** The override in force; undefined if the declared rate is in force. */
  readonly override: RateOverride | undefined;
  /** The rate after back-off: mean over the processes, weighted by their enlistments. */
  readonly effectiveRate: number;
  /** Whether the job is paused in all processes, alone or with its recruiter. */
  readonly paused: boolean;
  /**
   * Which fleet-wide pauses are in force: of the job, and of its whole recruiter. Each ends with a resume of the same
   * target. If neither is, but `paused` is true, code has called {@link Recruiter.pause}.
   */
  readonly pauses: { readonly job: boolean; readonly recruiter: boolean };
  /** Number of slices by outcome, since the processes alive were started. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Number of `gated` slices by the gate that held them back. */
  readonly gatedBy: Readonly<GateCounts>;
  /** The part of `gatedBy` that no enlistment drew: see {@link JobSnapshot.gatedLooks}. */
  readonly gatedLooks: Readonly<GateCounts>;
  /** Number of items done, by slices that report it. */
  readonly items: number;
  /** Number of slices that took longer than their budget, with any outcome. */
  readonly overruns: number;
  /** Whether any process knows of more work. */
  readonly more: boolean;
  /** Slices run per second over the last few seconds; `gated` ones are not included. */
  readonly slicesPerSecond: number;
  /** Items done per second over the last few seconds. */
  readonly itemsPerSecond: number;
  /** Durations of slices over all processes: ms. Each quantile is the highest of any process. */
  readonly durations: Omit<Durations, 'last'> | undefined;
  /**
   * When a job with `every` runs, and how its last pass went: the latest that any process knows of. Undefined for any other
   * job, and while only processes of earlier versions report it.
   */
  readonly period: JobPeriodSnapshot | undefined;
  /** When a slice last did work, in any process. */
  readonly lastWorkAt: Date | undefined;
  /** The latest error in any process, with the ID of that process. */
  readonly lastError: (JobError & { readonly process: string }) | undefined;
  /** Number of waiting items, if the job reports it: see {@link Job.backlog}. */
  readonly backlog: number | undefined;
  /** Progress of the current pass, if the job reports it: see {@link Job.progress}. */
  readonly progress: JobProgress | undefined;
  /** Advice on its rate: see {@link adviseRate}. */
  readonly advice: RateAdvice;
}

/** An action on the fleet that the audit list records. */
export type FleetAction = 'set-rate' | 'reset-rate' | 'pause' | 'resume' | 'run-once';

/** One entry of the audit list. */
export interface AuditEntry {
  /** When the action was taken, by the server's clock. */
  readonly at: Date;
  /** Who took the action, as passed by the caller. */
  readonly by: string;
  /** The action. */
  readonly action: FleetAction;
  /** Name of the recruiter that the action was for. */
  readonly recruiter: string;
  /** ID of the job; undefined for `pause` and `resume` of a whole recruiter. */
  readonly jobId: string | undefined;
  /** The new rate, for `set-rate` only. */
  readonly rate: number | undefined;
}

/** Shows and controls the fleet at run time; without Redis, this process alone. {@link FleetService} implements it. */
export interface Fleet {
  /** `fleet`: the whole fleet. `process`: this process alone, since there is no Redis or it has been away for 3 s. */
  readonly scope: 'fleet' | 'process';
  /** The processes alive: this one first, the others sorted by host and pid. */
  processes(): Promise<readonly FleetProcess[]>;
  /** The jobs of all processes alive: those of this process in the order of installation, then all others. */
  jobs(): Promise<readonly FleetJob[]>;
  /** The latest audit entries, latest first. */
  audit(limit?: number): Promise<readonly AuditEntry[]>;
  /** Overrides the declared rate of a job. The rates of a recruiter must add up to at most 1. */
  setRate(job: FleetJobRef, rate: number, by: string): Promise<void>;
  /** Ends an override: the declared rate is in force again. */
  resetRate(job: FleetJobRef, by: string): Promise<void>;
  /** Pauses one job, or without `id` all jobs of a recruiter. */
  pause(job: FleetJobRef | { readonly recruiter?: string }, by: string): Promise<void>;
  /** Ends a pause of the same target. */
  resume(job: FleetJobRef | { readonly recruiter?: string }, by: string): Promise<void>;
  /** Runs one slice of a job now, in one process that has it. */
  runOnce(job: FleetJobRef, by: string): Promise<void>;
}

/** A call to control the fleet failed because Redis does not answer. Nothing has changed unless the message says so. */
export class FleetUnavailableError extends Error {
  override readonly name = 'FleetUnavailableError';
}
