import { BackOff } from './rate/back-off.js';
import { systemClock } from '../time/clock.js';
import { refuse, WorkStealingConfigError } from '../options/errors.js';
import { describeValue } from '../options/describe-value.js';
import { problemOf, required } from '../options/option.js';
import { problemsOf } from '../options/option-table.js';
import { InstalledJob, type JobDefaults } from './installed-job.js';
import { JOB_ID, jobOptionProblems, RATE, type JobOptions } from './job-options.js';
import type { Job } from './job.js';
import { FixedRate, type RateControl } from './rate/rate-control.js';
import { isTooMuch, rateSumProblem } from './rate/rate-sum.js';

/** Maximum rate of a job without a declared rate. */
const MAX_DEFAULT_RATE = 0.01;

const WHEN_INSTALLED =
  ' The module installs declared jobs when all onModuleInit hooks have run: use them in onApplicationBootstrap or later.';

/** Keeps the jobs of one recruiter, and enforces their rules: ids are unique, rates add up to at most 1. */
export class Roster {
  readonly #jobs = new Map<string, InstalledJob>();
  /**
   * Sum of all declared rates. Added to as jobs are installed, since 1,000 may be installed in a row; summed again when one
   * is removed or changes, so that no rounding error accumulates.
   */
  #sum = 0;
  /** Number of jobs without a declared rate. */
  #undeclared = 0;

  constructor(
    private readonly recruiter: string,
    private readonly defaults: JobDefaults,
    private readonly newControl: (adaptive: boolean) => RateControl = controlOf,
    private readonly timestamp: () => number = systemClock.timestamp,
  ) {}

  get jobs(): Iterable<InstalledJob> {
    return this.#jobs.values();
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** The rate of a job without a declared one: an equal share of the remainder that the declared ones leave, at most 0.01. */
  get defaultRate(): number {
    return Math.min(MAX_DEFAULT_RATE, Math.max(0, 1 - this.#sum) / Math.max(1, this.#undeclared));
  }

  /** Whether this job is installed, and not another one with its id. */
  has(job: InstalledJob): boolean {
    return this.#jobs.get(job.id) === job;
  }

  /** Whether a job of this id is installed. */
  knows(id: string): boolean {
    return this.#jobs.has(id);
  }

  /** @throws WorkStealingConfigError when there is no job of this id. */
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
      ...jobOptionProblems(options),
      ...(problemOf('id', id, JOB_ID) === undefined ? this.#sumProblems(id, options.rate) : []),
    ]);
    const { adaptive = this.defaults.adaptive } = options;
    const control = this.newControl(adaptive);
    const installed = new InstalledJob(
      id,
      job,
      control,
      this.timestamp(),
      options,
      this.defaults,
      () => this.defaultRate,
    );
    this.#jobs.set(id, installed);
    if (options.rate === undefined) this.#undeclared++;
    else this.#sum += options.rate;
    return installed;
  }

  /** Removes a job, unless another one has its id now. */
  remove(job: InstalledJob): void {
    if (!this.has(job)) return;
    this.#jobs.delete(job.id);
    this.#count();
  }

  /** @throws WorkStealingConfigError when the rate is invalid, or all rates would add up to more than 1. */
  setRate(id: string, rate: number): void {
    const job = this.get(id);
    const isPeriodic = rate === 0 && job.period !== undefined;
    refuse(
      `Cannot set the rate of job "${id}" in recruiter "${this.recruiter}"`,
      problemsOf({ rate: required(RATE) }, { rate }).concat(
        this.#sumProblems(id, rate),
        isPeriodic
          ? ['rate is 0, but passes of `every` would begin nevertheless: pause the job instead']
          : [],
      ),
    );
    job.declaredRate = rate;
    this.#count();
  }

  /** Restores the default rate of a job, as if it declared none. */
  undeclareRate(id: string): void {
    this.get(id).declaredRate = undefined;
    this.#count();
  }

  #count(): void {
    this.#sum = 0;
    this.#undeclared = 0;
    for (const { declaredRate } of this.#jobs.values()) {
      if (declaredRate === undefined) this.#undeclared++;
      else this.#sum += declaredRate;
    }
  }

  #identityProblems(job: Job, id: string): string[] {
    const problems = problemsOf({ id: required(JOB_ID) }, { id });
    if (this.#jobs.has(id)) problems.push(`a job "${id}" is installed already; ids are unique`);
    if (typeof job?.recruited !== 'function') {
      problems.push(`${describeValue(job)} has no method recruited(slice)`);
    }
    return problems;
  }

  #sumProblems(id: string, rate: number | undefined): string[] {
    if (rate === undefined || problemOf('rate', rate, RATE) !== undefined) return [];
    if (!isTooMuch(this.#sum - (this.#jobs.get(id)?.declaredRate ?? 0) + rate)) return [];
    const others = [...this.#jobs.values()].filter((job) => job.id !== id && job.declaredRate !== undefined);
    const rows = [...others.map((job) => ({ id: job.id, rate: job.declaredRate })), { id, rate }];
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
