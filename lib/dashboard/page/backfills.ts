import type { SentJob } from '../wire.js';
import type { Store } from './store.js';
import { arrange, element, foreign, setHidden } from './dom.js';
import { Progress } from './progress.js';
import { keyOf } from './store.js';

/** Jobs that work through their data in sweeps: the progress of each, and when it will end. */
export class Backfills {
  readonly node: HTMLElement;
  readonly #list = element('ul', { class: 'backfills' });
  readonly #items = new Map<string, { readonly node: HTMLElement; readonly progress: Progress }>();

  constructor() {
    const title = element('h2', {}, 'Backfills and sweeps');
    this.node = element('section', { class: 'panel', hidden: true }, title, this.#list);
  }

  update({ jobs }: Store): void {
    const sweeping = jobs.filter(({ progress }) => progress !== undefined);
    const keys = new Set(sweeping.map(keyOf));
    for (const key of this.#items.keys()) if (!keys.has(key)) this.#items.delete(key);
    const nodes = sweeping.map((job) => {
      const item = this.#items.get(keyOf(job)) ?? this.#make(job);
      item.progress.update(job);
      return item.node;
    });
    arrange(this.#list, nodes);
    setHidden(this.node, nodes.length === 0);
  }

  #make(job: SentJob) {
    const progress = new Progress(job.id);
    const node = element('li', {}, element('span', { class: 'name' }, foreign(job.id)), progress.node);
    const item = { node, progress };
    this.#items.set(keyOf(job), item);
    return item;
  }
}
