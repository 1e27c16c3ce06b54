import { REDIS } from './world.js';

/** Redis as slices see it: one after the other, each the slower the more requests it answers beside them. */
export class SimulatedRedis {
  #freeAt = 0;
  readonly #paces = new Map<number, SimulatedPace>();
  /** Requests/s of the whole fleet. */
  traffic = 0;
  out = false;
  /** Where to write down what slices wait for their answers, if anywhere: ms. */
  waits: number[] | undefined;

  /** @param slowness - how many times slower than it should be it answers. */
  constructor(private readonly slowness = 1) {}

  /** How long a slice that fills `share` of its batch waits for its answer: ms. */
  answer(now: number, share: number): number {
    const busy = Math.min(0.95, (this.traffic * REDIS.request) / 1000);
    const service = ((REDIS.slice + REDIS.batch * share) * this.slowness) / (1 - busy);
    this.#freeAt = Math.max(now, this.#freeAt) + service;
    this.waits?.push(this.#freeAt - now);
    return this.#freeAt - now;
  }

  /** Asks for the pace of a job: ms until a slice may run, 0 for now. */
  pace(job: number, perSecond: number, now: number): number {
    let pace = this.#paces.get(job);
    if (pace === undefined) this.#paces.set(job, (pace = new SimulatedPace(1000 / perSecond)));
    return pace.take(now);
  }
}

/** The script `pace-take.lua`, whose comments say why. */
class SimulatedPace {
  #next = 0;
  #since = 0;
  #asks = 0;
  #spread = 1;

  constructor(private readonly interval: number) {}

  take(now: number): number {
    const { interval } = this;
    this.#asks++;
    const window = Math.max(1000, 10 * interval);
    const elapsed = now - this.#since;
    const due = (3 * elapsed) / interval;
    const crowd = this.#asks > 2 * due ? this.#asks / 4.5 : 1;
    if (elapsed >= window) {
      const change = Math.min(2, Math.max(0.5 ** (elapsed / window), this.#asks / due));
      this.#spread = Math.min(1e6, Math.max(1, crowd, this.#spread * change));
      this.#since = now;
      this.#asks = 0;
    }
    if (now >= this.#next) {
      this.#next = now + interval;
      return 0;
    }
    const apart = Math.min(interval * Math.max(this.#spread, crowd), 600_000);
    return Math.max(1, Math.ceil(Math.max(this.#next - now, apart)));
  }
}
