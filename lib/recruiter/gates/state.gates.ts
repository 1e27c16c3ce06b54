import type { Clock } from '../../time/clock.js';
import type { InstalledJob } from '../installed-job.js';
import type { Gate } from './gate.js';

/** Shut, permanently, once shutdown has begun. */
export class ClosingGate implements Gate {
  readonly reason = 'closing';
  #closing = false;

  isShut(): boolean {
    return this.#closing;
  }

  shut(): void {
    this.#closing = true;
  }
}

/** Shut while the job is paused, or all jobs are. */
export class PausedGate implements Gate {
  readonly reason = 'paused';
  /** Whether all jobs are paused, whatever the state of each. */
  all = false;

  isShut(job: InstalledJob): boolean {
    return this.all || job.paused;
  }
}

/** Shut while all concurrency slots are taken. A slice holds its slot until its job has settled. */
export class BusyGate implements Gate {
  readonly reason = 'busy';
  #inFlight = 0;

  constructor(private readonly concurrency: number) {}

  get inFlight(): number {
    return this.#inFlight;
  }

  isShut(): boolean {
    return this.#inFlight >= this.concurrency;
  }

  /** Takes a concurrency slot; the returned function releases it, once. */
  acquire(): () => void {
    this.#inFlight++;
    let held = true;
    return () => {
      if (held) this.#inFlight--;
      held = false;
    };
  }
}

/** Shut until the time before which the coordinator need not be asked again for the job's pace or lease. */
export class CoordinationGate implements Gate {
  constructor(
    readonly reason: 'pace-spent' | 'lease-held',
    private readonly clock: Clock,
  ) {}

  isShut(job: InstalledJob): boolean {
    return job.refusedBy === this.reason && this.clock.now() < job.notBefore;
  }
}
