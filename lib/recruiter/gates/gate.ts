import type { GateReason } from '../outcome.js';
import type { InstalledJob } from '../installed-job.js';

/** A reason not to run a drawn slice now. Gates read state; they never wait. */
export interface Gate {
  /** The reason reported for a slice that this gate held back. */
  readonly reason: GateReason;
  /** Whether a slice of this job must not run now. */
  isShut(job: InstalledJob): boolean;
}

/** Checks gates in order; the first that is shut gives the reason. */
export class Admission {
  constructor(
    /** Gates that apply to every slice. */
    private readonly standing: readonly Gate[],
    /** Gates that only limit drawn slices: an operator's `recruit(id)` bypasses them. */
    private readonly easing: readonly Gate[],
  ) {}

  /** Why a drawn slice of this job must not run now; undefined when it may. */
  reasonAgainst(job: InstalledJob): GateReason | undefined {
    return firstShut(this.standing, job) ?? firstShut(this.easing, job);
  }

  /** Why a slice that an operator requests must not run now; undefined when it may. */
  reasonAgainstOperator(job: InstalledJob): GateReason | undefined {
    return firstShut(this.standing, job);
  }
}

function firstShut(gates: readonly Gate[], job: InstalledJob): GateReason | undefined {
  for (const gate of gates) if (gate.isShut(job)) return gate.reason;
  return undefined;
}
