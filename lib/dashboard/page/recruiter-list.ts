import type { SentJob } from '../wire.js';
import type { Context } from './actions.js';
import { arrange, button, element, foreign, freshId, setHidden, setText } from './dom.js';
import { decimal } from './format.js';

/** The recruiters: how much of their rate budget is used, and a button that pauses all their jobs. */
export class RecruiterList {
  readonly node = element('ul', { class: 'recruiters' });
  readonly #items = new Map<string, RecruiterItem>();

  constructor(private readonly context: Context) {}

  update(): void {
    const byName = byRecruiter(this.context.store.jobs);
    for (const name of this.#items.keys()) if (!byName.has(name)) this.#items.delete(name);
    for (const [name, jobs] of byName) {
      const item = this.#items.get(name) ?? new RecruiterItem(this.context, name);
      this.#items.set(name, item);
      item.update(jobs);
    }
    arrange(
      this.node,
      [...this.#items.values()].map(({ node }) => node),
    );
  }
}

function byRecruiter(jobs: readonly SentJob[]): Map<string, SentJob[]> {
  const byName = new Map<string, SentJob[]>();
  for (const job of jobs) {
    const known = byName.get(job.recruiter);
    if (known === undefined) byName.set(job.recruiter, [job]);
    else known.push(job);
  }
  return byName;
}

class RecruiterItem {
  readonly node: HTMLElement;
  readonly #sum = element('span', { class: 'note' });
  readonly #pause: HTMLButtonElement;
  #isPaused = false;

  constructor(
    private readonly context: Context,
    private readonly name: string,
  ) {
    const nameId = freshId();
    const id = freshId();
    const label = element('span', { id: nameId }, 'Recruiter ', foreign(name));
    this.#pause = button('', () => void this.#toggle(), {
      id,
      attributes: { 'aria-labelledby': `${id} ${nameId}` },
    });
    this.node = element('li', {}, label, this.#sum, this.#pause);
  }

  update(jobs: readonly SentJob[]): void {
    // Default rates are what the others leave, so they use none of it.
    const used = jobs.filter(({ isDefaultRate, override }) => !isDefaultRate || override !== undefined);
    const sum = used.reduce((total, { rate }) => total + rate, 0);
    setText(this.#sum, `Rate budget used: ${decimal(sum)} of 1`);
    this.#isPaused = jobs.some(({ pauses }) => pauses.recruiter);
    setText(this.#pause, this.#isPaused ? 'Resume all jobs' : 'Pause all jobs');
    setHidden(this.#pause, this.context.store.viewer.by === null);
  }

  async #toggle(): Promise<void> {
    const [action, done] = this.#isPaused ? (['resume', 'resumed'] as const) : (['pause', 'paused'] as const);
    await this.context.actions.send(
      { action, recruiter: this.name },
      `All jobs of ${this.name} are ${done}.`,
    );
  }
}
