import type { GateReason } from '../outcome.js';
import type { InstalledJob } from '../installed-job.js';

/** A reason not to run a drawn slice now. Gates look, they never wait. */
export interface Gate {
  /** What is said of a slice that was stopped here. */
  readonly reason: GateReason;
  /** Whether a slice of this job must not run now. */
  isShut(job: InstalledJob): boolean;
}
