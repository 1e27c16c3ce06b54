import { VolatileHashes } from 'nestjs-work-stealing/redis';
import { until, type Ground, type Model } from './model.js';

/** What makes the place of a page in the queue of the sample out of the ms in which it was queued. */
const PLACES_A_MS = 4096;
const FILMS = 3000;
/** A page that has been queued for longer is stuck; a field that is overdue for longer is not reaped: ms. */
const STUCK = 10_000;

/** The sample application itself: pages that are queued are recomputed, fields that expire are deleted, the backfill ends. */
export class FilmsModel implements Model {
  readonly name = 'sample application';
  readonly #cache: VolatileHashes;

  constructor(private readonly ground: Ground) {
    this.#cache = new VolatileHashes(ground.connection, 'page', { backend: 'stolen' });
  }

  /** Likes queue pages. They fail while Redis does, as they say. */
  async step(): Promise<void> {
    const film = 1 + Math.floor(this.ground.random.next() * FILMS);
    await this.ground.fleet.ask(`/films/${film}/likes`, 'POST');
  }

  forget(): void {}
  distrust(): void {}
  trust(): void {}

  async settle(patience: number): Promise<void> {
    let state = '';
    const { client, prefix } = this.ground.connection;
    await until(
      async () => {
        const [, place] = await client.zrange(`${prefix}:stale-pages`, '0', '0', 'WITHSCORES');
        const waiting = place === undefined ? 0 : Date.now() - Number(place) / PLACES_A_MS;
        const overdue = await this.#cache.oldestOverdue();
        state = `the oldest queued page has waited for ${Math.round(waiting)} ms, the oldest field for ${Math.round(overdue)} ms`;
        return waiting < STUCK && overdue < STUCK;
      },
      patience,
      () => state,
    );
    await until(
      async () => (await this.ground.fleet.ask<unknown[]>('/films?query=love')).length > 0,
      patience,
      () => 'no film is found by its title',
    );
  }
}
