import type { SentJob } from '../wire.js';
import { element, freshId, setText } from './dom.js';
import { needsAttention } from './verdicts.js';

type Compare = (one: SentJob, other: SentJob) => number;

const FILTERS: Readonly<Record<string, (job: SentJob) => boolean>> = {
  'All jobs': () => true,
  'Needs attention': needsAttention,
  'Once a period': ({ period }) => period !== undefined,
  Paused: ({ paused }) => paused,
  'Rate was set': ({ override }) => override !== undefined,
};

const byMost =
  (figure: (job: SentJob) => number): Compare =>
  (one, other) =>
    figure(other) - figure(one);

const ORDERS: Readonly<Record<string, Compare>> = {
  'As installed': () => 0,
  Name: (one, other) => one.id.localeCompare(other.id),
  'Most slices/s': byMost(({ slicesPerSecond }) => slicesPerSecond),
  'Most items/s': byMost(({ itemsPerSecond }) => itemsPerSecond),
  'Highest rate': byMost((job) => job.rate),
  'Slowest (p99)': byMost(({ durations }) => durations?.p99 ?? 0),
  'Most failures': byMost(({ counts }) => counts.failed + counts.aborted),
  'Most waiting': byMost(
    ({ backlog, progress }) => backlog ?? (progress?.total ?? 0) - (progress?.done ?? 0),
  ),
};

/** Search, filter and order of the jobs. */
export class Toolbar {
  readonly node: HTMLElement;
  readonly #search = element('input', { type: 'search', id: freshId(), attributes: { autocomplete: 'off' } });
  readonly #filter = select(Object.keys(FILTERS));
  readonly #order = select(Object.keys(ORDERS));
  readonly #count = element('p', { class: 'shown', role: 'status' });

  constructor(onChange: () => void) {
    const labelled = (label: string, control: HTMLElement) =>
      element(
        'div',
        { class: 'field' },
        element('label', { attributes: { for: control.id } }, label),
        control,
      );
    this.node = element(
      'div',
      { class: 'toolbar', role: 'group', attributes: { 'aria-label': 'Which jobs are shown' } },
      labelled('Find', this.#search),
      labelled('Show', this.#filter),
      labelled('Sort by', this.#order),
      this.#count,
    );
    for (const control of [this.#search, this.#filter, this.#order])
      control.addEventListener('input', onChange);
  }

  /** Returns the jobs to show, in order. */
  choose(jobs: readonly SentJob[]): SentJob[] {
    const wanted = this.#search.value.trim().toLowerCase();
    const filter = FILTERS[this.#filter.value]!;
    const chosen = jobs.filter(
      (job) => filter(job) && (wanted === '' || `${job.recruiter} ${job.id}`.toLowerCase().includes(wanted)),
    );
    setText(
      this.#count,
      chosen.length === jobs.length ? `${jobs.length} jobs` : `${chosen.length} of ${jobs.length} jobs`,
    );
    return chosen.sort(ORDERS[this.#order.value]);
  }
}

function select(names: readonly string[]): HTMLSelectElement {
  const options = names.map((name) => new Option(name, name));
  return element('select', { id: freshId() }, ...options);
}
