import type { StealableJobOptions } from '../decorators/stealable-job.decorator.js';
import type { Job } from '../recruiter/job.js';

/** A job as it was found in the application, not yet checked. */
export interface DeclaredJob {
  readonly id: string;
  readonly options: StealableJobOptions;
  readonly job: Job;
  /** Where it was declared, for a reader: `ExpireProfiles in ProfilesModule`. */
  readonly place: string;
}
