import { BackOff } from './rate/back-off.js';
import { systemClock } from '../time/clock.js';
import { refuse, WorkStealingConfigError } from '../options/errors.js';
import { describeValue } from '../options/describe-value.js';
import { problemOf, required } from '../options/option.js';
import { problemsOf } from '../options/option-table.js';
import { functionNameOf } from './slice/function-name.js';
import { JOB_ID, JOB_OPTIONS, RATE, type CoordinationOptions, type JobOptions } from './job-options.js';
import { JobRecord } from './record/job-record.js';
import type { Job } from './job.js';
import { FixedRate, type RateControl } from './rate/rate-control.js';
import { isTooMuch, rateSumProblem } from './rate/rate-sum.js';

/** A job on the roster, with all that the recruiter knows of it. */
export interface InstalledJob {
  readonly id: string;
  readonly job: Job;
  /** The function that does its slices, as a stack trace names it. */
  readonly functionName: string | undefined;
  readonly budget: number;
  readonly adaptive: boolean;
  /** Share of wall-clock time that its own slices may take. */
  readonly dutyCycle: number;
  /** What it asks a coordinator for. */
  readonly coordination: CoordinationOptions;
  readonly control: RateControl;
  readonly record: JobRecord;
  /** When it was put on the roster, by the wall clock: ms since the epoch. */
  readonly installedAt: number;
  /** How long it may go without doing work: ms. */
  readonly expectWorkWithin: number | undefined;
  /** Declared rate. */
  rate: number;
  paused: boolean;
  // All times are of the recruiter's clock, in ms.
  /** When the agenda wants to look at it; Infinity where it does not. */
  lookAt: number;
  /** Until when it rests after its own slices. */
  restUntil: number;
  /** Before this time the fleet need not be asked for a slice of it again. */
  notBefore: number;
  /** What the fleet refused it last, or granted it until {@link notBefore}. */
  refusedBy: 'lease-held' | 'pace-spent';
  /** How often in a row its lease was refused. */
  refusals: number;
  /** Whether a slice that the agenda has begun is on its way. */
  isLookedAt: boolean;
}

/** What a job takes from its recruiter where it says nothing itself. */
export interface JobDefaults {
  readonly budget: number;
  readonly adaptive: boolean;
  readonly dutyCycle: number;
}

const WHEN_INSTALLED =
  ' Those that the module finds are installed when all onModuleInit hooks have run: ask for them in ' +
  'onApplicationBootstrap or later.';

/** Keeps the jobs of one recruiter, and the rules among them: ids are unique, rates add up to 1 at most. */
export class Roster {
  readonly #jobs = new Map<string, InstalledJob>();
  /** Of all rates. Counted up as jobs come, since 1,000 come at once; taken anew when one goes or changes, so that no error builds up. */
  #sum = 0;

  constructor(
    private readonly recruiter: string,
    private readonly defaults: JobDefaults,
    private readonly newControl: (adaptive: boolean) => RateControl = controlOf,
    private readonly timestamp: () => number = systemClock.timestamp,
  ) {}

  get jobs(): Iterable<InstalledJob> {
    return this.#jobs.values();
  }

  /** Whether this very job is on the roster: another may have taken its id. */
  has(job: InstalledJob): boolean {
    return this.#jobs.get(job.id) === job;
  }

  /** Whether a job of that id is on the roster. */
  knows(id: string): boolean {
    return this.#jobs.has(id);
  }

  /** @throws WorkStealingConfigError when there is no job of that id. */
  get(id: string): InstalledJob {
    const job = this.#jobs.get(id);
    if (job !== undefined) return job;
    const known = [...this.#jobs.keys()].map((key) => `"${key}"`).join(', ') || 'none';
    throw new WorkStealingConfigError(
      `Recruiter "${this.recruiter}" has no job ${describeValue(id)}. Installed jobs: ${known}.` +
        (this.#jobs.size > 0 ? '' : WHEN_INSTALLED),
    );
  }

  /** @throws WorkStealingConfigError that lists all problems; nothing is installed then. */
  add(job: Job, id: string, options: JobOptions): InstalledJob {
    refuse(`Cannot install job ${describeValue(id)} in recruiter "${this.recruiter}"`, [
      ...this.#identityProblems(job, id),
      ...problemsOf(JOB_OPTIONS, options),
      ...(problemOf('id', id, JOB_ID) === undefined ? this.#sumProblems(id, options.rate) : []),
    ]);
    const installed = this.#newJob(job, id, options);
    this.#jobs.set(id, installed);
    this.#sum += installed.rate;
    return installed;
  }

  /** Takes a job off, unless another has taken its id since. */
  remove(job: InstalledJob): void {
    if (!this.has(job)) return;
    this.#jobs.delete(job.id);
    this.#sum = this.#sumAnew();
  }

  /** @throws WorkStealingConfigError when the rate is not one, or all rates would add up to more than 1. */
  setRate(id: string, rate: number): void {
    const job = this.get(id);
    refuse(
      `Cannot set the rate of job "${id}" in recruiter "${this.recruiter}"`,
      problemsOf({ rate: required(RATE) }, { rate }).concat(this.#sumProblems(id, rate)),
    );
    job.rate = rate;
    this.#sum = this.#sumAnew();
  }

  #newJob(job: Job, id: string, options: JobOptions): InstalledJob {
    const {
      rate,
      budget = this.defaults.budget,
      adaptive = this.defaults.adaptive,
      dutyCycle = this.defaults.dutyCycle,
    } = options;
    return {
      id,
      job,
      functionName: functionNameOf(job),
      rate,
      budget,
      adaptive,
      dutyCycle,
      coordination: options,
      control: this.newControl(adaptive),
      record: new JobRecord(),
      installedAt: this.timestamp(),
      expectWorkWithin: options.expectWorkWithin,
      paused: false,
      lookAt: Infinity,
      restUntil: -Infinity,
      notBefore: -Infinity,
      refusedBy: 'pace-spent',
      refusals: 0,
      isLookedAt: false,
    };
  }

  #sumAnew(): number {
    return [...this.#jobs.values()].reduce((sum, job) => sum + job.rate, 0);
  }

  #identityProblems(job: Job, id: string): string[] {
    const problems = problemsOf({ id: required(JOB_ID) }, { id });
    if (this.#jobs.has(id)) problems.push(`a job "${id}" is installed already; ids are unique`);
    if (typeof job?.recruited !== 'function') {
      problems.push(`${describeValue(job)} has no method recruited(slice)`);
    }
    return problems;
  }

  #sumProblems(id: string, rate: number): string[] {
    if (problemOf('rate', rate, RATE) !== undefined) return [];
    if (!isTooMuch(this.#sum - (this.#jobs.get(id)?.rate ?? 0) + rate)) return [];
    const others = [...this.#jobs.values()].filter((job) => job.id !== id);
    const rows = [...others.map((job) => ({ id: job.id, rate: job.rate })), { id, rate }];
    const problem = rateSumProblem(
      rows,
      (sum) => `the rates of its jobs would add up to ${sum}, more than 1`,
    );
    return problem === undefined ? [] : [problem];
  }
}

function controlOf(adaptive: boolean): RateControl {
  return adaptive ? new BackOff() : new FixedRate();
}
