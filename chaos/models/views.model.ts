import { Rollup, type RedisConnection } from '../../lib/redis/index.js';
import type { SeededRandom } from '../../lib/testing/index.js';
import { until, Violation, type Model } from './model.js';

const ITEMS = 30;

/** Every view that was acknowledged is counted, and none is counted twice. */
export class ViewsModel implements Model {
  readonly name = 'Rollup';
  readonly #views: Rollup;
  readonly #sure = new Map<string, number>();
  readonly #maybe = new Map<string, number>();
  readonly #since = Date.now();

  constructor(
    redis: RedisConnection,
    private readonly random: SeededRandom,
  ) {
    this.#views = new Rollup(redis, 'views', { bucket: 1000, retention: 3_600_000, limit: 100 });
  }

  async step(): Promise<void> {
    const item = `film-${Math.floor(this.random.next() * ITEMS)}`;
    const by = 1 + Math.floor(this.random.next() * 3);
    try {
      await this.#views.add(item, by);
      add(this.#sure, item, by);
    } catch {
      add(this.#maybe, item, by);
    }
  }

  forget(): void {
    this.#sure.clear();
    this.#maybe.clear();
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
}

function add(counts: Map<string, number>, item: string, by: number): void {
  counts.set(item, (counts.get(item) ?? 0) + by);
}
