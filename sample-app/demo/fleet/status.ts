import type { JobReport, WorkerReport } from './messages.js';
import { Latencies, type Percentiles } from './latencies.js';
import { sumReports } from './sum-reports.js';

/** What is shown of one worker, or of all of them. */
export interface Work extends WorkerReport, Percentiles {
  /** Requests a second, lately. */
  readonly requestsPerSecond: number;
  /** Requests of the replay that got no page. */
  readonly failedRequests: number;
  /** How often its process has been replaced. */
  readonly restarts: number;
}

export interface WorkerStatus extends Work {
  /** From 1. */
  readonly worker: number;
  /** Undefined while it is being replaced. */
  readonly pid: number | undefined;
  /** Undefined until it first listens. */
  readonly url: string | undefined;
  readonly latencies: Latencies;
}

/** The fleet at one moment. */
export interface FleetStatus {
  /** ms since the fleet was up. */
  readonly elapsed: number;
  /** Where Redis is, for a reader. */
  readonly redis: string;
  /** What the replay is doing, for a reader; undefined without one. */
  readonly traffic: string | undefined;
  readonly workers: readonly WorkerStatus[];
  readonly total: Work;
}

/** Adds up the workers of a fleet. */
export function totalOf(workers: readonly WorkerStatus[]): Work {
  const sum = (key: 'requestsPerSecond' | 'failedRequests' | 'restarts') =>
    workers.reduce((total, worker) => total + worker[key], 0);
  return {
    ...sumReports(workers),
    ...Latencies.percentilesOfAll(workers.map((worker) => worker.latencies)),
    requestsPerSecond: sum('requestsPerSecond'),
    failedRequests: sum('failedRequests'),
    restarts: sum('restarts'),
  };
}

/** Share of pages that came from the cache whole; null before the first. */
export function hitRatioOf({ hits, misses }: Pick<WorkerReport, 'hits' | 'misses'>): number | null {
  return hits + misses === 0 ? null : hits / (hits + misses);
}

/** Expired fields that were deleted. */
export function reapedOf({ jobs }: Pick<WorkerReport, 'jobs'>): number {
  return jobs.find((job) => job.id === 'expiry')?.items ?? 0;
}

/** How often its rate has been halved by back-off, 0 to 6; null for a job that is never drawn. */
export function levelOf({ rate, effectiveRate }: Pick<JobReport, 'rate' | 'effectiveRate'>): number | null {
  return effectiveRate > 0 ? Math.round(Math.log2(rate / effectiveRate)) : null;
}

/** Slices that did work. */
export function recruitedOf({ counts }: Pick<JobReport, 'counts'>): number {
  return counts.full + counts.partial;
}
