import type { Recruiter } from '../recruiter/recruiter.js';
import type { SliceReport } from '../recruiter/slice/slice.js';

/**
 * Runs one slice of each job, one after the other, past the lottery.
 *
 * @returns what came of them, in the order of `recruiter.jobs`.
 */
export async function recruitAll(recruiter: Recruiter): Promise<SliceReport[]> {
  const reports: SliceReport[] = [];
  for (const { id } of recruiter.jobs) reports.push(await recruiter.recruit(id));
  return reports;
}

/**
 * Makes certain that the next enlistment draws this job; those that follow draw none until its slice has ended.
 *
 * ```ts
 * const report = recruitNext(recruiter, 'ExpireProfiles');
 * await controller.profile('1');
 * expect((await report).outcome).toBe('full');
 * ```
 *
 * @returns what came of it, when the slice has ended; a gate that is shut makes it `gated`. Never settles when nobody
 * enlists.
 * @throws WorkStealingConfigError when there is no such job.
 */
export function recruitNext(recruiter: Recruiter, id: string): Promise<SliceReport> {
  const undo = [recruiter.drawOnly(id)];
  return new Promise((resolve) => {
    const settle = (report: SliceReport): void => {
      for (const end of undo.splice(0)) end();
      resolve(report);
    };
    undo.push(
      recruiter.on('gated', (report) => {
        if (report.jobId === id) settle(report);
      }),
      recruiter.instrument(({ jobId, origin }) => {
        if (jobId !== id || origin !== 'enlistment') return undefined;
        // One call may enlist several times: the second would only meet a recruiter that is busy.
        undo.push(recruiter.drawOnly());
        return { run: (slice) => slice(), ended: settle };
      }),
    );
  });
}

/** Makes certain that no enlistment draws any job, installed now or later; returns a function that ends it. */
export function dismissAll(recruiter: Recruiter): () => void {
  return recruiter.drawOnly();
}
