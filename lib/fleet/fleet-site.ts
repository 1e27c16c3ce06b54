import type { Recruiters } from '../recruiters.js';
import type { SliceReport } from '../recruiter/slice/slice.js';
import type { JobSurvey } from '../recruiter/record/survey.js';
import { systemClock } from '../time/clock.js';
import type { FleetBackend, FleetSite } from './fleet-backend.js';
import type { Extent } from './job-key.js';
import type { Orders } from './orders.js';
import type { OwnProcess } from './own-process.js';
import type { ProcessReport } from './process-report.js';
import type { Steering } from './steering.js';

/** A job that does not say what waits is left out after so long: ms. */
const SURVEY_PATIENCE = 500;
/** Of a job of other processes. */
const NOTHING_KNOWN: Promise<JobSurvey> = Promise.resolve({});

/** This process, as the fleet sees and steers it. */
export class OwnSite implements FleetSite {
  constructor(
    private readonly recruiters: Recruiters,
    private readonly process: OwnProcess,
    private readonly steering: Steering,
  ) {}

  get id(): string {
    return this.process.id;
  }

  get orders(): Orders {
    return this.steering.orders;
  }

  report(): ProcessReport {
    return this.process.report();
  }

  apply(orders: Orders): void {
    this.steering.apply(orders);
  }

  has({ recruiter, id }: Extent): boolean {
    return this.recruiters.all.some((one) => one.name === recruiter && (id === undefined || one.has(id)));
  }

  recruit({ recruiter, id }: Required<Extent>): Promise<SliceReport> {
    return this.recruiters.get(recruiter).recruit(id);
  }

  /**
   * What jobs of this process say of the work before them; nothing of other jobs. They are asked all at once, and none
   * is waited for longer than all.
   */
  async survey(jobs: readonly Required<Extent>[]): Promise<JobSurvey[]> {
    const recruiters = new Map([...this.recruiters].map((recruiter) => [recruiter.name, recruiter]));
    let callOff = () => {};
    const patience = new Promise<JobSurvey>((resolve) => {
      callOff = systemClock.after(SURVEY_PATIENCE, () => resolve({}));
    });
    try {
      return await Promise.all(
        jobs.map(({ recruiter, id }) => {
          const own = recruiters.get(recruiter);
          return own?.has(id) === true ? Promise.race([own.survey(id), patience]) : NOTHING_KNOWN;
        }),
      );
    } finally {
      callOff();
    }
  }

  /** This process first, as it is now, and then the others. */
  async *reports(backend: FleetBackend): AsyncGenerator<readonly ProcessReport[]> {
    yield [this.report()];
    for await (const reports of backend.others()) {
      yield reports.filter((report) => report.process.id !== this.id);
    }
  }
}
