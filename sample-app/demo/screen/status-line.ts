import { hitRatioOf, reapedOf, recruitedOf, type FleetStatus } from '../fleet/status.js';
import { count, milliseconds, overdue, seconds, share } from './words.js';

/** The fleet in one line: for logs, and for terminals that cannot redraw. */
export function statusLine({ elapsed, workers, total }: FleetStatus): string {
  const recruited = total.jobs.map((job) => `${job.id} ${count(recruitedOf(job))}`).join(', ');
  return [
    seconds(elapsed),
    `${count(total.requestsPerSecond)} requests/s`,
    `hit ratio ${share(hitRatioOf(total))}`,
    `enlisted ${count(total.enlistments)}`,
    `recruited ${recruited}`,
    `reaped ${workers.map((worker) => count(reapedOf(worker))).join(' + ')}`,
    `oldest overdue ${overdue(total.oldestOverdue)}`,
    `p50 ${milliseconds(total.p50)} ms`,
    `p99 ${milliseconds(total.p99)} ms`,
  ].join(' · ');
}
