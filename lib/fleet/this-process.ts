import type { Recruiters } from '../recruiters.js';
import type { SliceReport } from '../recruiter/slice/slice.js';
import type { JobSurvey } from '../recruiter/record/survey.js';
import { systemClock } from '../time/clock.js';
import type { FleetBackend, LocalProcess } from './fleet-backend.js';
import type { Orders } from './orders.js';
import type { ProcessReport } from './process-report.js';
import type { ProcessReporter } from './process-reporter.js';
import type { Steering } from './steering.js';
import type { Target } from './target.js';

/** How long all surveys together are waited for. */
const SURVEY_TIMEOUT_MS = 500;
/** The survey of a job that only other processes have. */
const EMPTY_SURVEY: Promise<JobSurvey> = Promise.resolve({});

/** This process, as the fleet reads and controls it. */
export class ThisProcess implements LocalProcess {
  constructor(
    private readonly recruiters: Recruiters,
    private readonly reporter: ProcessReporter,
    private readonly steering: Steering,
  ) {}

  get id(): string {
    return this.reporter.id;
  }

  get orders(): Orders {
    return this.steering.orders;
  }

  report(): ProcessReport {
    return this.reporter.report();
  }

  apply(orders: Orders): void {
    this.steering.apply(orders);
  }

  has({ recruiter, id }: Target): boolean {
    return this.recruiters.all.some((one) => one.name === recruiter && (id === undefined || one.has(id)));
  }

  recruit({ recruiter, id }: Required<Target>): Promise<SliceReport> {
    return this.recruiters.get(recruiter).recruit(id);
  }

  /**
   * Surveys the jobs that this process has, all at once; the result of other jobs, and of those that take longer than
   * 500 ms, is empty.
   */
  async survey(jobs: readonly Required<Target>[]): Promise<JobSurvey[]> {
    const recruiters = new Map([...this.recruiters].map((recruiter) => [recruiter.name, recruiter]));
    let cancelTimer = () => {};
    const timeout = new Promise<JobSurvey>((resolve) => {
      cancelTimer = systemClock.after(SURVEY_TIMEOUT_MS, () => resolve({}));
    });
    try {
      return await Promise.all(
        jobs.map(({ recruiter, id }) => {
          const own = recruiters.get(recruiter);
          return own?.has(id) === true ? Promise.race([own.survey(id), timeout]) : EMPTY_SURVEY;
        }),
      );
    } finally {
      cancelTimer();
    }
  }

  /** The current report of this process, followed by those of the others. */
  async *reports(backend: FleetBackend): AsyncGenerator<readonly ProcessReport[]> {
    yield [this.report()];
    for await (const reports of backend.others()) {
      yield reports.filter((report) => report.process.id !== this.id);
    }
  }
}
