import { Rollup } from 'nestjs-work-stealing/redis';
import { BUCKET } from '../worker/names.js';
import { Doubting, until, Violation, type Ground, type Model } from './model.js';

const ITEMS = 30;
/** For so long it is remembered when a view was acknowledged: ms. */
const MEMORY = 10_000;

interface View {
  readonly item: string;
  readonly by: number;
  readonly at: number;
}

/** Every view that was acknowledged is counted, and none is counted twice. */
export class ViewsModel extends Doubting implements Model {
  readonly name = 'Rollup';
  readonly #views: Rollup;
  readonly #sure = new Map<string, number>();
  readonly #maybe = new Map<string, number>();
  /** Of late. */
  #acknowledged: View[] = [];
  readonly #since = Date.now();

  constructor(private readonly ground: Ground) {
    super();
    this.#views = new Rollup(ground.connection, 'tally', {
      bucket: BUCKET,
      retention: 3_600_000,
      limit: 100,
    });
  }

  async step(): Promise<void> {
    const { isTrusted } = this;
    const view = {
      item: `film-${Math.floor(this.ground.random.next() * ITEMS)}`,
      by: 1 + Math.floor(this.ground.random.next() * 3),
      at: Date.now(),
    };
    try {
      await this.#views.add(view.item, view.by);
    } catch (error) {
      add(this.#maybe, view);
      throw error;
    }
    add(isTrusted && this.isTrusted ? this.#sure : this.#maybe, view);
    if (!isTrusted) return;
    this.#acknowledged.push(view);
    if (this.#acknowledged.length > 10_000) {
      this.#acknowledged = this.#acknowledged.filter(({ at }) => at > view.at - MEMORY);
    }
  }

  forget(): void {
    this.#sure.clear();
    this.#maybe.clear();
    this.#acknowledged = [];
  }

  async settle(patience: number): Promise<void> {
    let pending = Infinity;
    await until(
      async () => (pending = await this.#views.pending()) === 0,
      patience,
      () => `${pending} buckets wait to be folded`,
    );
    for (const item of new Set([...this.#sure.keys(), ...this.#maybe.keys()])) {
      const least = this.#sure.get(item) ?? 0;
      const most = least + (this.#maybe.get(item) ?? 0);
      const total = await this.#views.total(item, this.#since - 5000, Date.now() + 5000);
      if (total < least || total > most) {
        throw new Violation(`${item} has ${total} views; expected ${least} to ${most}`);
      }
    }
  }

  protected doubt(since: number): void {
    for (const view of this.#acknowledged) {
      if (view.at < since) continue;
      add(this.#sure, { ...view, by: -view.by });
      add(this.#maybe, view);
    }
    this.#acknowledged = [];
  }
}

function add(counts: Map<string, number>, { item, by }: View): void {
  counts.set(item, (counts.get(item) ?? 0) + by);
}
