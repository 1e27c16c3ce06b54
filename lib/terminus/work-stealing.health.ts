import { Inject, Injectable, Optional } from '@nestjs/common';
// As a namespace: a named import that an older version lacks would fail to link with an unhelpful message.
import * as terminus from '@nestjs/terminus';
import type { Recruiter, RecruiterState } from '../recruiter/recruiter.js';
import { Recruiters } from '../recruiters.js';
import { WORK_STEALING_OPTIONS, type WorkStealingOptions } from '../work-stealing.options.js';
import { moduleOptions } from '../nest/module-options.js';
import type { Resolved } from '../options/option-table.js';
import {
  TERMINUS_OPTIONS,
  WORK_STEALING_TERMINUS_OPTIONS,
  type WorkStealingTerminusOptions,
} from './terminus.options.js';
import { unwellJob, type UnwellJob } from './unwell-jobs.js';

/** Health of the recruiters of this process. */
export interface WorkStealingHealth {
  /** `closing`: the application is closing. Otherwise `degraded` if any job is unwell, or `up`. */
  readonly state: 'up' | 'degraded' | 'closing';
  /** Why the state is not `up`, in one sentence. */
  readonly message?: string;
  /** All recruiters, the default one first. */
  readonly recruiters: readonly { readonly name: string; readonly state: RecruiterState }[];
  /** Number of jobs. */
  readonly jobs: number;
  /** Number of paused jobs, which are unwell only if a slice is stuck. */
  readonly paused: number;
  /** The unwell jobs: at most 20. */
  readonly unwell: readonly UnwellJob[];
  /** Number of further unwell jobs. */
  readonly more: number;
}

/** Maximum of unwell jobs in the details. */
const MAX_UNWELL = 20;

/**
 * A health indicator for `@nestjs/terminus`, from the state of this process alone. `degraded`: a job has failed several
 * times in a row, has done no work within its `expectWorkWithin`, has a pass that is overdue by more than two periods, has a
 * stuck slice, or has work for which no slice is scheduled. `down`: the application is closing. Otherwise `up`. A slice that exceeded its budget but did its work is not a
 * failure.
 *
 * Use it for readiness and dashboards. In a liveness check, a failing job would restart a process that serves requests well.
 */
@Injectable()
export class WorkStealingHealthIndicator {
  readonly #options: Resolved<WorkStealingTerminusOptions, typeof TERMINUS_OPTIONS>;
  readonly #indicators: terminus.HealthIndicatorService;
  readonly #recruiters: Recruiters;

  /** @throws WorkStealingConfigError that lists all invalid options. */
  constructor(
    @Optional() recruiters?: Recruiters,
    @Optional() @Inject(WORK_STEALING_TERMINUS_OPTIONS) options: WorkStealingTerminusOptions = {},
    @Optional() @Inject(WORK_STEALING_OPTIONS) private readonly root: WorkStealingOptions = {},
  ) {
    const tooOld =
      'the installed @nestjs/terminus has no HealthIndicatorService; install version 11 or later';
    const others = 'HealthIndicatorService' in terminus ? [] : [tooOld];
    this.#options = moduleOptions(
      'WorkStealingTerminusModule',
      TERMINUS_OPTIONS,
      options,
      recruiters,
      others,
    );
    this.#indicators = new terminus.HealthIndicatorService();
    this.#recruiters = recruiters!;
  }

  /**
   * Returns the result for terminus: `health.check([() => workStealing.isHealthy()])`.
   *
   * @param key - key of the entry in the response. @default work-stealing
   */
  isHealthy<const Key extends string = 'work-stealing'>(
    key: Key = 'work-stealing' as Key,
  ): terminus.HealthIndicatorResult<Key> {
    const session = this.#indicators.check(key);
    const health = { ...this.health() };
    const { degradedIs } = this.#options;
    if (health.state === 'closing' || (health.state === 'degraded' && degradedIs === 'down')) {
      return session.down(health);
    }
    // Terminus 11 silently drops a status that it does not know.
    const knowsDegraded = typeof (session as Partial<typeof session>).degraded === 'function';
    return health.state === 'degraded' && degradedIs === 'degraded' && knowsDegraded
      ? session.degraded(health)
      : session.up(health);
  }

  /** Returns the same details without terminus. */
  health(): WorkStealingHealth {
    const recruiters = this.#recruiters.all;
    const jobs = recruiters.flatMap((recruiter) => recruiter.jobs);
    const unwell = recruiters.flatMap((recruiter) => this.#unwellOf(recruiter));
    const isClosing = recruiters.some(({ state }) => state === 'closing');
    return {
      state: isClosing ? 'closing' : unwell.length > 0 ? 'degraded' : 'up',
      ...messageOf(isClosing, unwell, jobs.length),
      recruiters: recruiters.map(({ name, state }) => ({ name, state })),
      jobs: jobs.length,
      paused: jobs.filter(({ paused }) => paused).length,
      unwell: unwell.slice(0, MAX_UNWELL),
      more: Math.max(0, unwell.length - MAX_UNWELL),
    };
  }

  /** The jobs of a recruiter that has not opened yet, or is disabled, are never unwell. */
  #unwellOf({ name, state, jobs, inFlight }: Recruiter): UnwellJob[] {
    if (state === 'starting' || state === 'disabled') return [];
    const now = this.root.clock?.timestamp?.() ?? Date.now();
    const { failures, errors } = this.#options;
    const wellness = { failures, now, errors, isFree: state === 'open' && inFlight === 0 };
    return jobs.map((job) => unwellJob(name, job, wellness)).filter((each) => each !== undefined);
  }
}

function messageOf(
  isClosing: boolean,
  unwell: readonly UnwellJob[],
  jobs: number,
): Pick<WorkStealingHealth, 'message'> {
  if (isClosing) return { message: 'The application is closing.' };
  const [first] = unwell;
  if (first === undefined) return {};
  const which = `${JSON.stringify(first.job)}: ${first.problem}`;
  return {
    message: `${unwell.length} of ${jobs} jobs ${unwell.length === 1 ? 'is' : 'are'} unwell; ${which}.`,
  };
}
