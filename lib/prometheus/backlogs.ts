import type { Recruiter } from '../recruiter/recruiter.js';

/** A job is asked again after so long: ms. */
const FRESH = 10_000;
/** An answer that is older says nothing of now: ms. */
const STALE = 300_000;

interface Answer {
  readonly askedAt: number;
  readonly backlog?: number;
  readonly answeredAt?: number;
}

/**
 * The backlogs of one recruiter's jobs, as they last told. A job may have to ask Redis or a database, so nobody waits for
 * it: whoever reads gets the last answer, and has the next one fetched behind his back.
 */
export class Backlogs {
  #answers = new Map<string, Answer>();

  constructor(
    private readonly recruiter: Pick<Recruiter, 'survey' | 'state'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What the jobs of these ids have told; those of others is forgotten. */
  read(ids: readonly string[]): ReadonlyMap<string, number> {
    const before = this.#answers;
    this.#answers = new Map();
    const known = new Map<string, number>();
    for (const id of ids) {
      const answer = before.get(id);
      if (answer !== undefined) this.#answers.set(id, answer);
      const backlog = this.#backlogOf(answer);
      if (backlog !== undefined) known.set(id, backlog);
      this.#askWhenDue(id, answer);
    }
    return known;
  }

  #backlogOf({ backlog, answeredAt = -Infinity }: Partial<Answer> = {}): number | undefined {
    return this.now() - answeredAt <= STALE ? backlog : undefined;
  }

  #askWhenDue(id: string, answer: Answer | undefined): void {
    const askedAt = this.now();
    if (answer !== undefined && askedAt - answer.askedAt < FRESH) return;
    // What a closing application depends on may be gone.
    if (this.recruiter.state !== 'open') return;
    this.#answers.set(id, { ...answer, askedAt });
    void this.#ask(id, askedAt);
  }

  async #ask(id: string, askedAt: number): Promise<void> {
    // It rejects only when the job has been uninstalled meanwhile.
    const { backlog } = await this.recruiter.survey(id).catch((): { backlog?: number } => ({}));
    if (!this.#answers.has(id)) return;
    const answer = { askedAt, answeredAt: this.now() };
    this.#answers.set(id, backlog === undefined ? answer : { ...answer, backlog });
  }
}
