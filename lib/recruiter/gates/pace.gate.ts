import type { Clock } from '../clock.js';
import type { InstalledJob } from '../roster.js';
import type { Gate } from './gate.js';

/** Shut until the time before which the keeper of paces does not want to be asked again. */
export class PaceGate implements Gate {
  readonly reason = 'pace-spent';

  constructor(private readonly clock: Clock) {}

  isShut(job: InstalledJob): boolean {
    return job.pacedUntil > 0 && this.clock.now() < job.pacedUntil;
  }
}
