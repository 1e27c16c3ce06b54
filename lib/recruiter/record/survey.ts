import { describeValue } from '../../options/describe-value.js';
import type { PeriodState } from '../coordination/periods.js';
import type { Job, JobProgress } from '../job.js';
import { outsideContext } from '../slice/outside-context.js';

/** The remaining work of a job, as far as the job and its coordinator report it. */
export interface JobSurvey {
  /** Number of items that wait, if the job has a method `backlog()`. */
  readonly backlog?: number;
  /** Progress of its sweep, if the job has a method `progress()`. */
  readonly progress?: JobProgress;
  /** Passes in the whole fleet, for a job with `every` that has run. */
  readonly period?: PeriodState;
}

type ReportError = (error: unknown, what: string) => void;

/** Reads the backlog and progress of jobs: one call at a time for each job, so that calls that hang cannot accumulate. */
export class Surveyor {
  readonly #asking = new WeakMap<Job, Promise<JobSurvey>>();

  /** Never rejects: errors are passed to `reportError`. */
  ask(
    job: Job,
    reportError: ReportError,
    period?: () => Promise<PeriodState | undefined>,
  ): Promise<JobSurvey> {
    const asked = this.#asking.get(job);
    if (asked !== undefined) return asked;
    const answered = outsideContext(() => survey(job, reportError, period)).finally(() =>
      this.#asking.delete(job),
    );
    this.#asking.set(job, answered);
    return answered;
  }
}

async function survey(
  job: Job,
  reportError: ReportError,
  askPeriod: () => Promise<PeriodState | undefined> = async () => undefined,
): Promise<JobSurvey> {
  const [backlog, progress, period] = await Promise.all([
    read(job, 'backlog', isCount, reportError),
    read(job, 'progress', isProgress, reportError),
    askPeriod().catch((error: unknown) => {
      reportError(error, 'period');
      return undefined;
    }),
  ]);
  return {
    ...(backlog === undefined ? {} : { backlog }),
    ...(progress === undefined ? {} : { progress }),
    ...(period === undefined ? {} : { period }),
  };
}

async function read<T>(
  job: Job,
  method: 'backlog' | 'progress',
  isValid: (value: unknown) => value is T,
  reportError: ReportError,
): Promise<T | undefined> {
  try {
    // A property of this name that is not a method belongs to the job alone.
    if (typeof job[method] !== 'function') return undefined;
    const value: unknown = await job[method]();
    if (value === undefined || value === null || isValid(value)) return value ?? undefined;
    throw new TypeError(
      method === 'backlog'
        ? `backlog() returned ${describeValue(value)}; expected a number of items, 0 or more`
        : `progress() returned ${describeValue(value)}; expected { done, total, … } with finite numbers`,
    );
  } catch (error) {
    reportError(error, `${method}()`);
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isProgress(value: unknown): value is JobProgress {
  if (typeof value !== 'object' || value === null) return false;
  const { done, total } = value as Partial<JobProgress>;
  return isCount(done) && (total === undefined || isCount(total));
}
