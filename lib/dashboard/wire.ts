import type { AuditEntry, Fleet, FleetJob, FleetProcess } from '../fleet/fleet.js';

/** A value as JSON transfers it: dates as strings, without undefined properties. */
export type Sent<T> = T extends Date
  ? string
  : T extends object
    ? { readonly [Key in keyof T]: Sent<T[Key]> }
    : T;

/** A job, with the number by which messages of the same server refer to it. */
export type SentJob = Sent<FleetJob> & { readonly ref: number };

/** Slices of one job since the previous sample, by outcome in the order of `OUTCOMES`. */
export type SampledJob = readonly [ref: number, ...counts: number[]];

/** Counts of one interval. Jobs without slices are left out. */
export interface Sample {
  /** Time of the sample: ms since the epoch. */
  readonly at: number;
  /** Length of the interval: seconds. */
  readonly seconds: number;
  readonly jobs: readonly SampledJob[];
}

/** Totals of all processes, including those that are not shown. */
export interface Totals {
  readonly processes: number;
  readonly enlistmentsPerSecond: number;
  readonly inFlight: number;
}

/** The whole state, for a page that has just been opened. */
export interface Snapshot {
  readonly at: number;
  /** Interval of messages: ms. A page that receives none for much longer has lost its server. */
  readonly interval: number;
  readonly scope: Fleet['scope'];
  readonly jobs: readonly SentJob[];
  /** The first processes, this server's own before all others. */
  readonly processes: readonly Sent<FleetProcess>[];
  readonly totals: Totals;
  readonly audit: readonly Sent<AuditEntry>[];
  /** Samples, oldest first. */
  readonly samples: readonly Sample[];
  /** Why the fleet could not be read; null if it could. */
  readonly problem: string | null;
}

/** Changes since the previous message. */
export interface Update extends Omit<Snapshot, 'samples' | 'interval' | 'audit'> {
  /** Only jobs that have changed. */
  readonly jobs: readonly SentJob[];
  /** Numbers of all jobs in order; null if neither jobs nor their order have changed. */
  readonly order: readonly number[] | null;
  /** The audit entries; null if they have not changed. */
  readonly audit: readonly Sent<AuditEntry>[] | null;
  readonly sample: Sample | null;
}

/** Permissions of a visitor. */
export interface Viewer {
  /** Name of the visitor for the audit list; null if the visitor may not write. */
  readonly by: string | null;
  /** Token to send with each write; null if the visitor may not write. */
  readonly token: string | null;
}

/** The response to a page that polls. */
export interface State {
  readonly viewer: Viewer;
  readonly snapshot: Snapshot;
}
