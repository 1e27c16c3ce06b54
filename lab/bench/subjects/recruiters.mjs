import { Recruiter } from 'nestjs-work-stealing';

/** All rates together: so low that in no run anybody is recruited, as it is dismissals that are timed. */
const TOTAL_RATE = 1e-13;

export const ratesOf = (jobs) => Array.from({ length: jobs }, () => TOTAL_RATE / jobs);

/** An open recruiter with default options and so many jobs. */
export function recruiterWith(jobs) {
  const recruiter = new Recruiter('bench');
  ratesOf(jobs).forEach((rate, i) => recruiter.install({ recruited() {} }, `job ${i}`, rate));
  recruiter.open();
  return recruiter;
}
