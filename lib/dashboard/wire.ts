import type { AuditEntry, Fleet, FleetJob, FleetProcess } from '../fleet/fleet.js';

/** As JSON brings it: dates as texts, what is undefined left out. */
export type Sent<T> = T extends Date
  ? string
  : T extends object
    ? { readonly [Key in keyof T]: Sent<T[Key]> }
    : T;

/** A job, with a number that stands for it in messages of the same server. */
export type SentJob = Sent<FleetJob> & { readonly ref: number };

/** Slices of one job since the sample before, by outcome, in the order of `OUTCOMES`. */
export type SampledJob = readonly [ref: number, ...counts: number[]];

/** What happened in one interval. Jobs that nothing was drawn for are left out. */
export interface Sample {
  /** When it was taken: ms since the epoch. */
  readonly at: number;
  /** How long the interval was. */
  readonly seconds: number;
  readonly jobs: readonly SampledJob[];
}

/** Of all processes, those that are not shown included. */
export interface Totals {
  readonly processes: number;
  readonly enlistmentsPerSecond: number;
  readonly inFlight: number;
}

/** Everything, for a page that has just been opened. */
export interface Snapshot {
  readonly at: number;
  /** ms between two messages: a page that hears nothing for much longer has lost its server. */
  readonly interval: number;
  readonly scope: Fleet['scope'];
  readonly jobs: readonly SentJob[];
  /** The first of them, this server's own ahead. */
  readonly processes: readonly Sent<FleetProcess>[];
  readonly totals: Totals;
  readonly audit: readonly Sent<AuditEntry>[];
  /** The oldest first. */
  readonly samples: readonly Sample[];
  /** Why the fleet could not be looked at just now. */
  readonly problem: string | null;
}

/** What has changed since the message before. */
export interface Update extends Omit<Snapshot, 'samples' | 'interval' | 'audit'> {
  /** Only those that look otherwise than before. */
  readonly jobs: readonly SentJob[];
  /** The numbers of all jobs, where jobs came, went or changed places. */
  readonly order: readonly number[] | null;
  /** Where it has changed. */
  readonly audit: readonly Sent<AuditEntry>[] | null;
  readonly sample: Sample | null;
}

/** What a visitor may do. */
export interface Viewer {
  /** The name that the audit list will show, where the visitor may write. */
  readonly by: string | null;
  /** To be sent back with each write. */
  readonly token: string | null;
}

/** The answer to a page that cannot listen to events. */
export interface State {
  readonly viewer: Viewer;
  readonly snapshot: Snapshot;
}
