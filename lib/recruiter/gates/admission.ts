import type { Gate } from './gate.js';
import type { GateReason } from '../outcome.js';
import type { InstalledJob } from '../installed-job.js';

/** Asks the gates in order; the first that is shut gives the reason. */
export class Admission {
  constructor(
    /** Gates that stand for everybody. */
    private readonly standing: readonly Gate[],
    /** Gates that only hold back what was drawn: an operator's `recruit(id)` goes past them. */
    private readonly easing: readonly Gate[],
  ) {}

  /** Why a drawn slice of this job must not run now; undefined when it may. */
  reasonAgainst(job: InstalledJob): GateReason | undefined {
    return firstShut(this.standing, job) ?? firstShut(this.easing, job);
  }

  /** The same for a slice that an operator asks for. */
  reasonAgainstOperator(job: InstalledJob): GateReason | undefined {
    return firstShut(this.standing, job);
  }
}

function firstShut(gates: readonly Gate[], job: InstalledJob): GateReason | undefined {
  for (const gate of gates) if (gate.isShut(job)) return gate.reason;
  return undefined;
}
