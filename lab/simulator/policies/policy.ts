import type { Clock } from '../../../lib/time/clock.js';
import type { RecruiterOptions } from '../../../lib/recruiter/options.js';
import type { GateReason, Outcome } from '../../../lib/recruiter/outcome.js';
import type { Random } from '../../../lib/recruiter/random.js';
import type { LoopTime } from '../../../lib/recruiter/gates/utilization.js';
import type { SimulatedJob } from '../world.js';

/** What started a slice. */
export type Source = 'enlistment' | 'timer';

/** A process as its policy sees it. */
export interface Host {
  /** Its number in the fleet. */
  readonly index: number;
  /** How many processes the fleet has. */
  readonly processes: number;
  readonly clock: Required<Clock>;
  readonly random: Random;
  readonly jobs: readonly SimulatedJob[];
  readonly loopTime: () => LoopTime;
  /** Runs a slice of the job of that index; `settled` and `ended` of the policy are called when it has. */
  run(job: number, source: Source): void;
  /** Asks for the pace of a job that has one: calls `answered` with the ms until a slice may run, 0 for now. */
  askPace(job: number, answered: (wait: number) => void): void;
  /** Hears of a drawn slice that was held back. */
  readonly gated: (job: number, reason: GateReason) => void;
}

/** How one process decides when it does which job. */
export interface Policy {
  /** Enlistments until the next one that draws. The simulator counts it down, as the recruiter does. */
  skip: number;
  /** One enlistment with `skip` at 0. */
  draw(): void;
  /** The slice is over after `duration` ms: its job has settled, or has had all its time. */
  ended(job: number, outcome: Outcome, duration: number): void;
  /** The job has settled, `duration` ms after the slice began: just before the slice ends, or long after. */
  settled?(job: number, outcome: Outcome, duration: number): void;
  open(): void;
  close(): void;
  /** Back-off level of each job, where there is one. */
  readonly levels: readonly number[];
  /** How long a slice may take before it is over, whatever it does: ms. @default for ever */
  readonly longestSlice?: number;
  /** For how long a slice that begins now waits at most for a moment without requests: ms. @default 0 */
  readonly patience?: number;
}

/** Makes the policy of each process of one run; what processes share is made by the outer call. */
export type PolicyFactory = (options: RecruiterOptions) => (host: Host) => Policy;
