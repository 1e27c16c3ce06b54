import { Inject, Injectable, Optional } from '@nestjs/common';
// By its namespace: a name that an older version lacks would fail to link, in words that help nobody.
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

/** What a health check tells of the recruiters of this process. */
export interface WorkStealingHealth {
  /** The worst there is: `closing`, then `degraded`, then `up`. */
  readonly state: 'up' | 'degraded' | 'closing';
  /** Why it is not `up`, in one sentence. */
  readonly message?: string;
  /** Every recruiter, the default one first. */
  readonly recruiters: readonly { readonly name: string; readonly state: RecruiterState }[];
  /** How many jobs there are. */
  readonly jobs: number;
  /** How many of them are paused: of these only a stuck slice counts. */
  readonly paused: number;
  /** The jobs that are unwell: 20 at most. */
  readonly unwell: readonly UnwellJob[];
  /** How many more are. */
  readonly more: number;
}

const SHOWN = 20;

/**
 * A health indicator of `@nestjs/terminus`: `up`; `degraded` while a job's slices fail one after the other, a job has
 * done no work for longer than its `expectWorkWithin`, or has work waiting that its recruiter does not mean to look at;
 * `down` once the application is closing. A slice that took longer than its budget and did its work is no failure. It
 * asks nobody: all it tells is known in this process.
 *
 * Meant for readiness and for people. In a liveness check a failing job would restart a process that serves well.
 */
@Injectable()
export class WorkStealingHealthIndicator {
  readonly #options: Resolved<WorkStealingTerminusOptions, typeof TERMINUS_OPTIONS>;
  readonly #indicators: terminus.HealthIndicatorService;
  readonly #recruiters: Recruiters;

  /** @throws WorkStealingConfigError that lists all that is wrong with the options. */
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
   * For `health.check([() => workStealing.isHealthy()])`.
   *
   * @param key - the name of the entry in the answer.
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
    // Terminus 11 drops a status that it does not know without a word.
    const knowsDegraded = typeof (session as Partial<typeof session>).degraded === 'function';
    return health.state === 'degraded' && degradedIs === 'degraded' && knowsDegraded
      ? session.degraded(health)
      : session.up(health);
  }

  /** The same without terminus: what there is to tell. */
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
      unwell: unwell.slice(0, SHOWN),
      more: Math.max(0, unwell.length - SHOWN),
    };
  }

  /** Before it opens, and where it is disabled, a recruiter's jobs are not expected to do anything. */
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
