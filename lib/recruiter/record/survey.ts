import { describeValue } from '../../options/describe-value.js';
import type { PeriodState } from '../coordination/periods.js';
import type { Job, JobProgress } from '../job.js';
import { outsideContext } from '../slice/outside-context.js';

/** What a job says of the work before it. */
export interface JobSurvey {
  /** Items that wait, where the job can tell. */
  readonly backlog?: number;
  /** How far it is, where it works in sweeps. */
  readonly progress?: JobProgress;
  /** When its next pass is due, and how the last one went, in the whole fleet: of a job with `every` that has run. */
  readonly period?: PeriodState;
}

type ReportError = (error: unknown, what: string) => void;

/** Asks jobs for their backlog and progress: one question at a time to each, so that unanswered ones cannot pile up. */
export class Surveyor {
  readonly #asking = new WeakMap<Job, Promise<JobSurvey>>();

  /** Never rejects: what goes wrong is told to `reportError`. */
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
    put(job, 'backlog', isCount, reportError),
    put(job, 'progress', isProgress, reportError),
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

async function put<T>(
  job: Job,
  question: 'backlog' | 'progress',
  isAnswer: (value: unknown) => value is T,
  reportError: ReportError,
): Promise<T | undefined> {
  try {
    // A property of that name that is no method is the job's own affair.
    if (typeof job[question] !== 'function') return undefined;
    const value: unknown = await job[question]();
    if (value === undefined || value === null || isAnswer(value)) return value ?? undefined;
    throw new TypeError(
      question === 'backlog'
        ? `backlog() returned ${describeValue(value)}; expected a number of items, 0 or more`
        : `progress() returned ${describeValue(value)}; expected { done, total, … } with finite numbers`,
    );
  } catch (error) {
    reportError(error, `${question}()`);
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
