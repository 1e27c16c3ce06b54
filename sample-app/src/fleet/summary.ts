import type { Outcome } from 'nestjs-work-stealing';
import type { JobReport } from './messages.js';
import { hitRatioOf, reapedOf, recruitedOf, type FleetStatus, type Work } from './status.js';

interface JobSummary {
  readonly rate: number;
  readonly recruited: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
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
  readonly workers: readonly (WorkSummary & { readonly worker: number })[];
}

export function summaryOf({ elapsed, total, workers }: FleetStatus): Summary {
  return {
    elapsed: Math.round(elapsed),
    requestsPerSecond: elapsed > 0 ? (total.requests / elapsed) * 1000 : 0,
    oldestOverdue: total.oldestOverdue,
    ...workSummary(total),
    workers: workers.map((worker) => ({ worker: worker.worker, ...workSummary(worker) })),
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
  return { rate: job.rate, recruited: recruitedOf(job), outcomes: job.counts, items: job.items };
}
