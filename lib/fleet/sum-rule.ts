import { WorkStealingConfigError } from '../options/errors.js';
import { rateSumProblem } from '../recruiter/rate/rate-sum.js';
import { keyOf } from './job-key.js';
import type { Orders } from './orders.js';
import type { ProcessReport } from './process-report.js';

/**
 * Whether the rates of one recruiter would add up to 1 at most in each process. While a new version is rolled out
 * processes declare different jobs, so each is asked by itself.
 *
 * @throws WorkStealingConfigError with a table of the first process where they would not.
 */
export function checkSum(reports: readonly ProcessReport[], recruiter: string, orders: Orders): void {
  for (const { process, jobs } of reports) {
    const rows = jobs
      .filter((job) => job.recruiter === recruiter)
      .map(({ id, declaredRate }) => ({
        id,
        rate: orders.rates.get(keyOf({ recruiter, id }))?.rate ?? declaredRate,
      }));
    const where = `in process ${process.pid} on ${process.host}`;
    const problem = rateSumProblem(
      rows,
      (sum) => `The rates of recruiter "${recruiter}" would add up to ${sum}, more than 1, ${where}`,
    );
    if (problem !== undefined) throw new WorkStealingConfigError(problem);
  }
}
