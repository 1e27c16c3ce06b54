import type { InstalledJob } from '../installed-job.js';
import type { Gate } from './gate.js';

/** Shut while the job, or all of them, are paused. */
export class PausedGate implements Gate {
  readonly reason = 'paused';
  /** Whether every job is paused, whatever is said of each. */
  all = false;

  isShut(job: InstalledJob): boolean {
    return this.all || job.paused;
  }
}
