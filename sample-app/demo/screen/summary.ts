import type { GateCounts, Outcome } from 'nestjs-work-stealing';
import type { Backfill } from '../fleet/backfill.js';
import type { JobReport } from '../fleet/messages.js';
import {
  hitRatioOf,
  levelOf,
  reapedOf,
  recruitedOf,
  type FleetStatus,
  type Work,
  type WorkerStatus,
} from '../fleet/status.js';

interface JobSummary {
  readonly rate: number;
  readonly recruited: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Outcome `gated` by what held the slice back. */
  readonly gatedBy: Readonly<GateCounts>;
  readonly items: number;
}

interface WorkSummary {
  readonly requests: number;
  readonly failedRequests: number;
  readonly hitRatio: number | null;
  readonly enlisted: number;
  readonly reaped: number;
  readonly restarts: number;
  /** ms */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly jobs: Readonly<Record<string, JobSummary>>;
}

/** What a run came to, as `--json` writes it. Times are in ms. */
export interface Summary extends WorkSummary {
  readonly elapsed: number;
  readonly requestsPerSecond: number;
  /** How long the oldest expired field had been waiting at the end: 0 if none was, null if Redis did not say. */
  readonly oldestOverdue: number | null;
  /** How far the backfill was at the end; null if Redis did not say. */
  readonly searchKeys: Backfill | null;
  readonly workers: readonly WorkerSummary[];
}

interface WorkerSummary extends WorkSummary {
  readonly worker: number;
  /** Back-off of each job at the end: 0 for its declared rate, up to 6 for 1/64 of it. Each process has its own. */
  readonly levels: Readonly<Record<string, number | null>>;
  /** Mean of how long the last slices of each job took: ms. */
  readonly sliceTimes: Readonly<Record<string, number | null>>;
}

export function summaryOf({ elapsed, total, workers }: FleetStatus): Summary {
  return {
    elapsed: Math.round(elapsed),
    requestsPerSecond: elapsed > 0 ? (total.requests / elapsed) * 1000 : 0,
    oldestOverdue: total.oldestOverdue,
    searchKeys: total.searchKeys,
    ...workSummary(total),
    workers: workers.map(workerSummary),
  };
}

function workerSummary(worker: WorkerStatus): WorkerSummary {
  return {
    worker: worker.worker,
    ...workSummary(worker),
    levels: Object.fromEntries(worker.jobs.map((job) => [job.id, levelOf(job)])),
    sliceTimes: Object.fromEntries(worker.jobs.map((job) => [job.id, job.sliceTime])),
  };
}

function workSummary(work: Work): WorkSummary {
  return {
    requests: work.requests,
    failedRequests: work.failedRequests,
    hitRatio: hitRatioOf(work),
    enlisted: work.enlistments,
    reaped: reapedOf(work),
    restarts: work.restarts,
    p50: work.p50,
    p99: work.p99,
    jobs: Object.fromEntries(work.jobs.map((job) => [job.id, jobSummary(job)])),
  };
}

function jobSummary(job: JobReport): JobSummary {
  const { rate, counts, gatedBy, items } = job;
  return { rate, recruited: recruitedOf(job), outcomes: counts, gatedBy, items };
}
