import type { Recruiter } from '../recruiter/recruiter.js';
import type { SliceReport } from '../recruiter/slice/slice.js';

/**
 * Runs one slice of each job, one after the other, regardless of the lottery.
 *
 * @returns the reports in the order of `recruiter.jobs`.
 */
export async function recruitAll(recruiter: Recruiter): Promise<SliceReport[]> {
  const reports: SliceReport[] = [];
  for (const { id } of recruiter.jobs) reports.push(await recruiter.recruit(id));
  return reports;
}

/**
 * Makes the next enlistment draw a job. Further enlistments draw none until its slice has ended.
 *
 * ```ts
 * const report = recruitNext(recruiter, 'ExpireProfiles');
 * await controller.profile('1');
 * expect((await report).outcome).toBe('full');
 * ```
 *
 * @param id - ID of the job.
 * @returns the report when the slice has ended, with outcome `gated` if a gate refused it. Does not settle without an
 * enlistment.
 * @throws WorkStealingConfigError if there is no such job.
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
        // One call may enlist several times; the second would only find the recruiter busy.
        undo.push(recruiter.drawOnly());
        return { run: (slice) => slice(), ended: settle };
      }),
    );
  });
}

/** Keeps enlistments from drawing any job, present or future. Returns a function that ends this. */
export function dismissAll(recruiter: Recruiter): () => void {
  return recruiter.drawOnly();
}
