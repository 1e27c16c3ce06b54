import { JobPeriod } from './coordination/job-period.js';
import type { GateReason } from './outcome.js';
import type { Job } from './job.js';
import type { CoordinationOptions, JobOptions } from './job-options.js';
import type { RateControl } from './rate/rate-control.js';
import { JobRecord } from './record/job-record.js';
import { functionNameOf } from './slice/function-name.js';

/** A claim is held for this long at least, and for so many budgets: ms. A runner that dies delays its pass by this. */
const MIN_HOLD_MS = 5000;
const HOLD_BUDGETS = 10;

/** What a job takes from its recruiter where it says nothing itself. */
export interface JobDefaults {
  readonly budget: number;
  readonly adaptive: boolean;
  readonly dutyCycle: number;
}

/** A job on the roster, with all that the recruiter knows of it. */
export class InstalledJob {
  /** The function that does its slices, as a stack trace names it. */
  readonly functionName: string | undefined;
  /** Time that one slice may take: ms. */
  readonly budget: number;
  readonly adaptive: boolean;
  /** Share of wall-clock time that its own slices may take. */
  readonly dutyCycle: number;
  /** How long it may go without doing work: ms. */
  readonly expectWorkWithin: number | undefined;
  /** What it asks a coordinator for. */
  readonly coordination: CoordinationOptions;
  /** When its passes are due, where it has `every`. */
  readonly period: JobPeriod | undefined;
  /** Whether any process of the fleet can do its work. */
  readonly isShared: boolean;
  readonly record = new JobRecord();
  /** Undefined: an equal share of what the declared rates leave. */
  declaredRate: number | undefined;
  paused = false;
  // All times are of the recruiter's clock, in ms.
  /** When the agenda wants to look at it; Infinity where it does not. */
  lookAt = Infinity;
  /** Until when it rests after its own slices. */
  restUntil = -Infinity;
  /** Before this time the fleet need not be asked for a slice of it again. */
  notBefore = -Infinity;
  /** What the fleet refused it last, or granted it until {@link notBefore}. */
  refusedBy: 'lease-held' | 'pace-spent' = 'pace-spent';
  /** How often in a row its lease was refused. */
  refusals = 0;
  /** Whether a slice that the agenda has begun is on its way. */
  isLookedAt = false;
  /** The gate of the user's that was shut when it was looked at: it waits for that gate to open. */
  waitsFor: GateReason | undefined;

  constructor(
    readonly id: string,
    readonly job: Job,
    readonly control: RateControl,
    /** When it was put on the roster, by the wall clock: ms since the epoch. */
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

  /** Share of enlistments that it asks for. */
  get rate(): number {
    return this.declaredRate ?? this.defaultRate();
  }

  /** Whether only an operator may run it: its declared rate is 0. */
  get isOff(): boolean {
    return this.declaredRate === 0 && this.period === undefined;
  }
}

function periodOf(every: JobOptions['every'], budget: number): JobPeriod | undefined {
  if (every === undefined) return undefined;
  const { ms, scope = 'fleet' } = typeof every === 'number' ? { ms: every } : every;
  return new JobPeriod(ms, scope === 'fleet', Math.max(MIN_HOLD_MS, HOLD_BUDGETS * budget));
}
