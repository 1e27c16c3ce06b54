import type { Context } from './actions.js';
import { arrange, element } from './dom.js';
import { COLUMNS, JobRow } from './job-row.js';
import type { Bars } from './outcomes.js';
import { keyOf } from './store.js';
import { Toolbar } from './toolbar.js';

/** Minimum time between automatic sorts, since rows that move are hard to use. */
const SORT_INTERVAL_MS = 10_000;

/** The table of all jobs. */
export class JobTable {
  readonly node: HTMLElement;
  readonly #table: HTMLTableElement;
  readonly #toolbar = new Toolbar(() => this.#sort());
  readonly #rows = new Map<string, JobRow>();
  readonly #inSight = new Set<Element>();
  readonly #sight = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: '100px' });
  #sortedAt = -Infinity;
  #bars: Bars | undefined;

  /** @param recruiters - the list of recruiters, shown above the table. */
  constructor(
    private readonly context: Context,
    recruiters: HTMLElement,
  ) {
    const heads = COLUMNS.map(([name, kind]) =>
      element('th', { role: 'columnheader', scope: 'col', class: kind }, name),
    );
    const columns = element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads));
    const caption = element('caption', { class: 'unseen' }, 'Jobs of the fleet');
    this.#table = element('table', { role: 'table', class: 'jobs' }, caption, columns);
    const title = element('h2', {}, 'Jobs');
    const head = element('div', { class: 'head' }, title, recruiters);
    this.node = element('section', { class: 'panel' }, head, this.#toolbar.node, this.#table);
    this.node.addEventListener('opened', () => this.#draw());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#repaint());
  }

  update(bars: Bars): void {
    const { jobs } = this.context.store;
    const keys = new Set<string>();
    let isNew = false;
    for (const job of jobs) {
      const key = keyOf(job);
      keys.add(key);
      isNew ||= !this.#rows.has(key);
      const row = this.#rows.get(key) ?? this.#add(key, new JobRow(this.context, job));
      row.update(job);
    }
    for (const key of [...this.#rows.keys()].filter((known) => !keys.has(known))) this.#remove(key);
    if (isNew || this.#isSortDue()) this.#sort();
    this.#bars = bars;
    this.#draw();
  }

  #add(key: string, row: JobRow): JobRow {
    this.#rows.set(key, row);
    this.#sight.observe(row.node);
    return row;
  }

  #remove(key: string): void {
    const row = this.#rows.get(key)!;
    this.#sight.unobserve(row.node);
    this.#inSight.delete(row.node);
    row.clear();
    row.node.remove();
    this.#rows.delete(key);
  }

  /** Whether to sort: not while the pointer or the focus is in the table. */
  #isSortDue(): boolean {
    const isUsed = this.#table.matches(':hover') || this.#table.contains(document.activeElement);
    return !isUsed && performance.now() - this.#sortedAt >= SORT_INTERVAL_MS;
  }

  #sort(): void {
    this.#sortedAt = performance.now();
    const chosen = this.#toolbar.choose(this.context.store.jobs);
    const bodies = chosen.map((job) => this.#rows.get(keyOf(job))!.node);
    arrange(this.#table, [...[...this.#table.children].slice(0, 2), ...bodies]);
  }

  #see(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#inSight.add(target);
      else this.#inSight.delete(target);
    }
    this.#draw();
  }

  #draw(): void {
    if (this.#bars === undefined) return;
    for (const row of this.#rows.values()) row.draw(this.#bars, this.#inSight.has(row.node));
  }

  #repaint(): void {
    for (const row of this.#rows.values()) row.clear();
    this.#draw();
  }
}
