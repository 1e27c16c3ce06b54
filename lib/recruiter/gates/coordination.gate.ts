import type { Clock } from '../../time/clock.js';
import type { InstalledJob } from '../installed-job.js';
import type { Gate } from './gate.js';

/** Shut until the time before which the fleet need not be asked again for the job's pace or lease. */
export class CoordinationGate implements Gate {
  constructor(
    readonly reason: 'pace-spent' | 'lease-held',
    private readonly clock: Clock,
  ) {}

  isShut(job: InstalledJob): boolean {
    return job.refusedBy === this.reason && this.clock.now() < job.notBefore;
  }
}
