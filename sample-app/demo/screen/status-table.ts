import { OUTCOMES } from 'nestjs-work-stealing';
import { progressBar } from './progress-bar.js';
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
import { textTable, type Column } from './text-table.js';
import { count, milliseconds, overdue, seconds, share } from './words.js';

const WORKER_COLUMNS: readonly Column[] = [
  { title: 'worker', align: 'left' },
  { title: 'pid' },
  { title: 'address', align: 'left' },
  { title: 'requests/s' },
  { title: 'hit ratio' },
  { title: 'enlisted' },
  { title: 'reaped' },
  { title: 'p50 ms' },
  { title: 'p99 ms' },
  { title: 'failed' },
  { title: 'restarts' },
];

const JOB_COLUMNS: readonly Column[] = [
  { title: 'job', align: 'left' },
  { title: 'worker', align: 'left' },
  { title: 'rate' },
  { title: 'level' },
  { title: 'recruited' },
  ...OUTCOMES.map((title) => ({ title })),
  { title: 'items' },
  { title: 'gated by', align: 'left' },
];

/** The fleet as a screenful of text: the workers, then what each job came to in each of them. */
export function statusTable(status: FleetStatus): string[] {
  const { workers, total } = status;
  return [
    titleLine(status),
    '',
    ...textTable(WORKER_COLUMNS, [
      ...workers.map((worker) => workerRow(worker)),
      ['fleet', '', '', ...workCells(total)],
    ]),
    '',
    ...textTable(JOB_COLUMNS, jobRows(workers, total)),
    '',
    progressBar(total.searchKeys),
    `oldest overdue field: ${overdue(total.oldestOverdue)}`,
  ];
}

function titleLine({ elapsed, redis, traffic }: FleetStatus): string {
  return ['media directory', seconds(elapsed), `Redis ${redis}`, traffic ?? 'no traffic replay'].join(' · ');
}

function workerRow(worker: WorkerStatus): string[] {
  const { pid, url } = worker;
  return [`${worker.worker}`, pid === undefined ? 'starting' : `${pid}`, url ?? '', ...workCells(worker)];
}

function workCells(work: Work): string[] {
  return [
    count(work.requestsPerSecond),
    share(hitRatioOf(work)),
    count(work.enlistments),
    count(reapedOf(work)),
    milliseconds(work.p50),
    milliseconds(work.p99),
    count(work.failedRequests),
    count(work.restarts),
  ];
}

function jobRows(workers: readonly WorkerStatus[], total: Work): string[][] {
  return total.jobs.flatMap((sum) => [
    ...workers.flatMap(({ worker, jobs }) =>
      jobs
        .filter(({ id }) => id === sum.id)
        .map((job) => [job.id, `${worker}`, `${job.rate}`, `${levelOf(job) ?? '-'}`, ...jobCells(job)]),
    ),
    [sum.id, 'fleet', '', '', ...jobCells(sum)],
  ]);
}

function jobCells(job: JobReport): string[] {
  const numbers = [recruitedOf(job), ...OUTCOMES.map((outcome) => job.counts[outcome]), job.items];
  return [...numbers.map(count), reasons(job)];
}

/** What held slices back, the most frequent first: `backed-off 12, busy 3`. */
function reasons({ gatedBy }: JobReport): string {
  return Object.entries(gatedBy)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, times]) => `${reason} ${count(times)}`)
    .join(', ');
}
