import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import { rounded } from '../recruiter/rate/rate-sum.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import type { Recruiter } from '../recruiter/recruiter.js';

/** Maximum number of jobs that are named. */
const NAMED = 20;

/** One line with all jobs of an application, their rates, and the sums of these. */
export function jobsLine(recruiters: readonly Recruiter[]): string {
  const count = recruiters.reduce((sum, { jobs }) => sum + jobs.length, 0);
  let named = 0;
  const parts = recruiters
    .filter(({ jobs }) => jobs.length > 0)
    .map(({ name, jobs, state }) => {
      const shown = jobs.slice(0, NAMED - named).map((job) => described(job));
      named += shown.length;
      if (shown.length < jobs.length) shown.push(`and ${jobs.length - shown.length} more`);
      const whose = name === DEFAULT_RECRUITER ? '' : `recruiter "${name}": `;
      const sum = rounded(jobs.reduce((total, { rate }) => total + rate, 0));
      const isDisabled = state === 'disabled' ? ', disabled' : '';
      return `${whose}${shown.join(', ')} (rates add up to ${sum}${isDisabled})`;
    });
  return `${count} ${count === 1 ? 'job' : 'jobs'}: ${parts.join('; ')}`;
}

function described({ id, rate, isDefaultRate, period }: JobSnapshot): string {
  if (period !== undefined) return `${id} every ${period.every / 1000} s`;
  return `${id} ${rounded(rate)}${isDefaultRate ? ' (default)' : ''}`;
}

export const NO_JOB =
  'There is no job, so no enlistment will ever recruit: no provider and no controller of this application has ' +
  '@StealableJob(), and nothing was installed. Put the class in the providers of a module that is imported, or call ' +
  'recruiter.install().';
