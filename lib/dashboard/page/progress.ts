import type { SentJob } from '../wire.js';
import { element, setAttribute, setHidden, setText } from './dom.js';
import { count, percent, span } from './format.js';

/** Backlog and progress of a job. */
export class Progress {
  readonly node: HTMLElement;
  readonly #bar = element('progress', { attributes: { max: '1' } });
  readonly #text = element('span', { class: 'figure' });
  readonly #note = element('span', { class: 'note' });

  constructor(id: string) {
    setAttribute(this.#bar, 'aria-label', `Sweep of ${id}`);
    this.node = element('div', { class: 'waiting' }, this.#text, this.#bar, this.#note);
  }

  update({ backlog, progress }: SentJob): void {
    const share = shareOf(progress);
    setHidden(this.#bar, share === undefined);
    if (share !== undefined && this.#bar.value !== share) this.#bar.value = share;
    const waiting = backlog === undefined ? undefined : count(backlog);
    setText(this.#text, waiting ?? (progress === undefined ? '–' : ''));
    setText(this.#note, progress === undefined ? '' : noteOf(progress, share));
    setHidden(this.#note, progress === undefined);
    this.node.classList.toggle('none', progress === undefined && waiting === undefined);
  }
}

type Sweep = NonNullable<SentJob['progress']>;

function shareOf(progress: Sweep | undefined): number | undefined {
  if (progress?.ended === true) return 1;
  if (progress?.total === undefined || progress.total <= 0) return undefined;
  return Math.min(1, progress.done / progress.total);
}

function noteOf({ done, total, eta, ended, sweeps }: Sweep, share: number | undefined): string {
  const of = total === undefined ? `${count(done)} done` : `${count(done)} of ${count(total)}`;
  if (ended === true) return `${of}, complete`;
  const parts = share === undefined ? [of] : [of, percent(share)];
  if (eta !== undefined) parts.push(`${span(Date.parse(eta) - Date.now())} left`);
  if (sweeps !== undefined && sweeps > 0) parts.push(`sweep ${count(sweeps + 1)}`);
  return parts.join(', ');
}
