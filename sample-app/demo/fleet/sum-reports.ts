import { furthest } from './backfill.js';
import type { JobReport, WorkerReport } from './messages.js';

const NOTHING: WorkerReport = {
  requests: 0,
  hits: 0,
  misses: 0,
  enlistments: 0,
  jobs: [],
  oldestOverdue: 0,
  searchKeys: null,
};

/**
 * Adds up what several processes have counted: those of a fleet, or those that served one after the other.
 * Rates are those of the last report; the oldest overdue field is the oldest of all, the backfill the furthest.
 */
export function sumReports(reports: readonly WorkerReport[]): WorkerReport {
  return reports.reduce(
    (sum, report) => ({
      requests: sum.requests + report.requests,
      hits: sum.hits + report.hits,
      misses: sum.misses + report.misses,
      enlistments: sum.enlistments + report.enlistments,
      jobs: sumJobs(sum.jobs, report.jobs),
      oldestOverdue: oldest(sum.oldestOverdue, report.oldestOverdue),
      searchKeys: furthest(sum.searchKeys, report.searchKeys),
    }),
    NOTHING,
  );
}

/** Unknown wins: a fleet of which one worker cannot look does not know its oldest field. */
function oldest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

function sumJobs(jobs: readonly JobReport[], more: readonly JobReport[]): JobReport[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  for (const job of more) {
    const before = byId.get(job.id);
    byId.set(job.id, before === undefined ? job : sumJob(before, job));
  }
  return [...byId.values()];
}

function sumJob(a: JobReport, b: JobReport): JobReport {
  return {
    ...b,
    counts: sumCounts(a.counts, b.counts),
    gatedBy: sumCounts(a.gatedBy, b.gatedBy),
    items: a.items + b.items,
  };
}

/** Adds up counters by name, wherever one is missing from 0. */
function sumCounts<T extends Readonly<Partial<Record<string, number>>>>(a: T, b: T): T {
  const names = Object.keys({ ...a, ...b });
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)])) as T;
}
