import type { Recruiter } from '../recruiter/recruiter.js';

/** Minimum time between two surveys of a job. */
const SURVEY_INTERVAL_MS = 10_000;
/** An older result is not shown. */
const STALE_MS = 300_000;

interface Survey {
  readonly startedAt: number;
  readonly backlog?: number;
  readonly endedAt?: number;
}

/**
 * The latest backlogs of one recruiter's jobs. A job may have to query Redis or a database, so a read does not wait for it:
 * it returns the last result and starts the next survey in the background.
 */
export class Backlogs {
  #surveys = new Map<string, Survey>();

  constructor(
    private readonly recruiter: Pick<Recruiter, 'survey' | 'state'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Returns the known backlogs of these jobs, by ID, and forgets all others. */
  read(ids: readonly string[]): ReadonlyMap<string, number> {
    const before = this.#surveys;
    this.#surveys = new Map();
    const known = new Map<string, number>();
    for (const id of ids) {
      const survey = before.get(id);
      if (survey !== undefined) this.#surveys.set(id, survey);
      const backlog = this.#backlogOf(survey);
      if (backlog !== undefined) known.set(id, backlog);
      this.#surveyIfDue(id, survey);
    }
    return known;
  }

  #backlogOf({ backlog, endedAt = -Infinity }: Partial<Survey> = {}): number | undefined {
    return this.now() - endedAt <= STALE_MS ? backlog : undefined;
  }

  #surveyIfDue(id: string, survey: Survey | undefined): void {
    const startedAt = this.now();
    if (survey !== undefined && startedAt - survey.startedAt < SURVEY_INTERVAL_MS) return;
    // The connections of a closing application may be gone.
    if (this.recruiter.state !== 'open') return;
    this.#surveys.set(id, { ...survey, startedAt });
    void this.#survey(id, startedAt);
  }

  async #survey(id: string, startedAt: number): Promise<void> {
    // Rejects only if the job has been uninstalled meanwhile.
    const { backlog } = await this.recruiter.survey(id).catch((): { backlog?: number } => ({}));
    if (!this.#surveys.has(id)) return;
    const survey = { startedAt, endedAt: this.now() };
    this.#surveys.set(id, backlog === undefined ? survey : { ...survey, backlog });
  }
}
