import { JobPeriod } from './coordination/job-period.js';
import type { GateReason } from './outcome.js';
import type { Job } from './job.js';
import type { CoordinationOptions, JobOptions } from './job-options.js';
import type { RateControl } from './rate/rate-control.js';
import { JobRecord } from './record/job-record.js';
import { functionNameOf } from './slice/function-name.js';

/** Minimum time for which a claimed slice of a pass is held: ms. A process that dies delays the pass by the hold. */
const MIN_HOLD_MS = 5000;
/** The same in budgets of the job; the larger of both applies. */
const HOLD_BUDGETS = 10;

/** Options that a job inherits from its recruiter unless it sets them. */
export interface JobDefaults {
  readonly budget: number;
  readonly adaptive: boolean;
  readonly dutyCycle: number;
}

/** A job on the roster, with all state that the recruiter keeps of it. */
export class InstalledJob {
  /** Name of the function that runs its slices, as in a stack trace. */
  readonly functionName: string | undefined;
  /** Time that one slice may take: ms. */
  readonly budget: number;
  readonly adaptive: boolean;
  /** Share of wall-clock time that its own slices may take: above 0, at most 1. */
  readonly dutyCycle: number;
  /** Maximum time without work before health checks report it: ms. */
  readonly expectWorkWithin: number | undefined;
  /** The parts of a coordinator that it needs. */
  readonly coordination: CoordinationOptions;
  /** State of its passes, for a job with `every`. */
  readonly period: JobPeriod | undefined;
  /** Whether any process of the fleet can do its work. */
  readonly isShared: boolean;
  readonly record = new JobRecord();
  /** Undefined: an equal share of the remainder that the declared rates leave. */
  declaredRate: number | undefined;
  paused = false;
  // All times are of the recruiter's clock, in ms.
  /** When the agenda should run it; Infinity when it should not. */
  nextRunAt = Infinity;
  /** End of the rest after its own slices. */
  restUntil = -Infinity;
  /** Time before which its coordinator need not be asked for a slice again. */
  notBefore = -Infinity;
  /** Why its coordinator need not be asked before {@link notBefore}. */
  refusedBy: 'lease-held' | 'pace-spent' = 'pace-spent';
  /** Consecutive refusals of its lease. */
  refusals = 0;
  /** Whether the agenda has started a slice that has not ended yet. */
  hasAgendaRun = false;
  /** Reason of the user's gate that it waits for, since that gate was shut when the job was drawn or due. */
  waitsFor: GateReason | undefined;

  constructor(
    readonly id: string,
    readonly job: Job,
    readonly control: RateControl,
    /** When it was installed: ms since the epoch. */
    readonly installedAt: number,
    options: JobOptions,
    defaults: JobDefaults,
    /** The rate of a job that declares none. */
    private readonly defaultRate: () => number,
  ) {
    this.functionName = functionNameOf(job);
    this.declaredRate = options.rate;
    this.budget = options.budget ?? defaults.budget;
    this.adaptive = options.adaptive ?? defaults.adaptive;
    this.dutyCycle = options.dutyCycle ?? defaults.dutyCycle;
    this.expectWorkWithin = options.expectWorkWithin;
    this.period = periodOf(options.every, this.budget);
    this.coordination = options;
    const { lease, pace } = options;
    this.isShared =
      lease !== undefined ||
      pace !== undefined ||
      this.period?.isFleetWide === true ||
      job.fleetWide === true;
  }

  /** Share of enlistments that it asks for: 0 to 1. */
  get rate(): number {
    return this.declaredRate ?? this.defaultRate();
  }

  /** Whether only an operator may run it: its declared rate is 0 and it has no `every`. */
  get isOff(): boolean {
    return this.declaredRate === 0 && this.period === undefined;
  }
}

function periodOf(every: JobOptions['every'], budget: number): JobPeriod | undefined {
  if (every === undefined) return undefined;
  const { ms, scope = 'fleet' } = typeof every === 'number' ? { ms: every } : every;
  return new JobPeriod(ms, scope === 'fleet', Math.max(MIN_HOLD_MS, HOLD_BUDGETS * budget));
}
