import type { Durations, JobError } from '../recruiter/record/job-record.js';
import type { GateCounts, Outcome } from '../recruiter/outcome.js';
import type { JobPeriodSnapshot } from '../recruiter/record/snapshot.js';

/** The state of a process. Times are ms since the epoch, by its own clock. */
export interface ProcessFacts {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string | undefined;
  readonly since: number;
  readonly utilization: number;
  readonly inFlight: number;
  readonly enlistments: number;
  readonly enlistmentsPerSecond: number;
}

/** The state of a recruiter in one process. */
export interface RecruiterReport {
  readonly name: string;
  readonly enlistments: number;
  readonly enlistmentsPerSecond: number;
}

/** The state of a job in one process. */
export interface JobReport {
  readonly recruiter: string;
  readonly id: string;
  /** The rate in force. */
  readonly rate: number;
  /** The rate that code or options declare. */
  readonly declaredRate: number;
  /** Whether they declare none: `declaredRate` is the default one then. */
  readonly isDefaultRate: boolean;
  readonly effectiveRate: number;
  readonly paused: boolean;
  readonly budget: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly gatedBy: Readonly<GateCounts>;
  readonly gatedLooks: Readonly<GateCounts>;
  readonly items: number;
  readonly overruns: number;
  readonly more: boolean;
  readonly slicesPerSecond: number;
  readonly itemsPerSecond: number;
  readonly durations: Omit<Durations, 'last'> | undefined;
  /** Undefined for a job without `every`, and in reports of earlier versions. */
  readonly period: JobPeriodSnapshot | undefined;
  readonly lastWorkAt: number | undefined;
  readonly lastError: (JobError & { readonly process: string }) | undefined;
}

/** The report of one process. */
export interface ProcessReport {
  readonly process: ProcessFacts;
  readonly recruiters: readonly RecruiterReport[];
  /** Jobs in the order of installation. */
  readonly jobs: readonly JobReport[];
}
