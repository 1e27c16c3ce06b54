import type { Outcome } from '../../../lib/recruiter/outcome.js';
import type { Host, Policy } from './policy.js';

const MINUTE = 60_000;

/** A cron entry every minute: on one leader, each job until it has nothing left; or on each process, one slice a job. */
export class Cron implements Policy {
  readonly levels = [];
  skip = Infinity;
  #pending: number[] = [];
  #callOff: (() => void) | undefined;

  constructor(
    private readonly host: Host,
    private readonly scope: 'leader' | 'each',
  ) {}

  draw(): void {}

  open(): void {
    if (this.scope === 'each' || this.host.index === 0) this.#schedule();
  }

  close(): void {
    this.#callOff?.();
  }

  ended(job: number, outcome: Outcome): void {
    const again = this.scope === 'leader' && outcome === 'full';
    if (!again) this.#pending.shift();
    const next = again ? job : this.#pending[0];
    if (next !== undefined) this.host.run(next, 'timer');
  }

  /** Cron fires on the minute, everywhere at once. */
  #schedule(): void {
    const now = this.host.clock.now();
    this.#callOff = this.host.clock.after(MINUTE - (now % MINUTE), () => {
      this.#schedule();
      if (this.#pending.length > 0) return;
      this.#pending = this.host.jobs.map((_, index) => index);
      this.host.run(0, 'timer');
    });
  }
}
