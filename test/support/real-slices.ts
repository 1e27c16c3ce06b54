import { Recruiter, type Job } from 'nestjs-work-stealing';

/** A recruiter that runs slices of this job, `'job'`, on the real clock: their signals abort, each for its reason. */
export function recruiterOf(job: Job, budget = 1000): Recruiter {
  const recruiter = new Recruiter('test', {
    adaptive: false,
    load: false,
    idle: false,
    dutyCycle: 1,
    concurrency: 8,
    shutdownGrace: 0,
  });
  recruiter.install(job, 'job', { rate: 0.1, budget });
  recruiter.open();
  return recruiter;
}
