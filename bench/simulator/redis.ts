import { REDIS } from './world.js';

/** Redis as slices see it: one after the other, each the slower the more requests it answers beside them. */
export class SimulatedRedis {
  #freeAt = 0;
  /** Requests/s of the whole fleet. */
  traffic = 0;
  out = false;

  /** How long a slice that fills `share` of its batch waits for its answer: ms. */
  answer(now: number, share: number): number {
    const busy = Math.min(0.95, (this.traffic * REDIS.request) / 1000);
    this.#freeAt = Math.max(now, this.#freeAt) + (REDIS.slice + REDIS.batch * share) / (1 - busy);
    return this.#freeAt - now;
  }
}
