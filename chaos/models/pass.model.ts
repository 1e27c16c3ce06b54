import { CursorJob, type Page, type RedisConnection } from '../../lib/redis/index.js';
import { until, Violation, type Model } from './model.js';
import { ITEMS, VISITS } from '../worker/chores.js';

/** Only to ask how far the workers are: it has the same name and partitions, and is never recruited. */
class Observed extends CursorJob<number> {
  protected fetch(): Page<number> {
    return { items: [] };
  }
  protected process(): void {}
}

/** No sweep skips an item, and none is stuck. */
export class PassModel implements Model {
  readonly name = 'CursorJob';
  readonly #pass: Observed;

  constructor(private readonly redis: RedisConnection) {
    this.#pass = new Observed(redis, 'pass', { partitions: 2, onEnd: 'restart' });
  }

  async step(): Promise<void> {
    const sweeps = await this.#sweeps().catch(() => 0);
    if (sweeps === 0) return;
    const visits = await this.redis.client.hgetall(VISITS).catch(() => undefined);
    // Fewer than before: what was read is from two lives of a server that lost its data.
    if (visits === undefined || (await this.#sweeps().catch(() => 0)) < sweeps) return;
    for (let item = 0; item < ITEMS; item++) {
      const seen = Number(visits[String(item)] ?? 0);
      if (seen < sweeps)
        throw new Violation(`item ${item} was visited ${seen} times in ${sweeps} whole sweeps`);
    }
  }

  forget(): void {}

  async settle(patience: number): Promise<void> {
    const before = await this.#sweeps();
    await until(
      async () => (await this.#sweeps()) > before,
      patience,
      () => `the pass makes no progress: ${before} sweeps`,
    );
    await this.step();
    const { dead, errors } = await this.#pass.progress();
    if (errors.length > 0) throw new Violation(`the pass still fails: ${JSON.stringify(errors)}`);
    if (dead > 0) throw new Violation(`${dead} items were set aside; none of them is bad`);
  }

  async #sweeps(): Promise<number> {
    return (await this.#pass.progress()).sweeps;
  }
}
