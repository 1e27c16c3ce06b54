import type { Recruiter, SliceReport } from '../index.js';

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
 * Makes certain that the next enlistment draws this job: until then its rate is 1 and that of all others 0.
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
  const restore = overrideRates(recruiter, id);
  return new Promise((resolve) => {
    const undo = [recruiter.on('slice', settle), recruiter.on('gated', settle)];
    function settle(report: SliceReport): void {
      if (report.jobId !== id) return;
      undo.forEach((end) => end());
      restore();
      resolve(report);
    }
  });
}

/** Makes certain that no enlistment draws any job; returns a function that restores the rates. */
export function dismissAll(recruiter: Recruiter): () => void {
  return overrideRates(recruiter);
}

function overrideRates(recruiter: Recruiter, drawn?: string): () => void {
  const declared = recruiter.jobs.map(({ id, rate }) => ({ id, rate }));
  if (drawn !== undefined) recruiter.setRate(drawn, 0);
  for (const { id } of declared) recruiter.setRate(id, 0);
  if (drawn !== undefined) recruiter.setRate(drawn, 1);
  return () => {
    if (drawn !== undefined) recruiter.setRate(drawn, 0);
    for (const { id, rate } of declared) recruiter.setRate(id, rate);
  };
}
