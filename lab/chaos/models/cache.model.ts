import { CACHED } from '../worker/names.js';
import { monotonic } from '../worker/monotonic.js';
import { until, Violation, type Ground, type Model } from './model.js';

/**
 * A value may reach a server that is stopped, and is stored when it goes on: as late as the longest fault was, and as a
 * process on the way to it may be stalled for: ms.
 */
const LATE = 6000;
const KEYS = 20;

/** No value of the cache is older than its time, and no call fails because of Redis. */
export class CacheModel implements Model {
  readonly name = 'EarlyRefreshCache';

  constructor(
    private readonly ground: Ground,
    /** So far: ms. */
    private readonly longestFault: () => number,
  ) {}

  async step(): Promise<void> {
    await this.#check(Math.floor(this.ground.random.next() * KEYS), this.longestFault);
  }

  forget(): void {}
  distrust(): void {}
  trust(): void {}

  /** Then there is no late writing either. */
  async settle(patience: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, CACHED.ttl + CACHED.stale));
    for (let key = 0; key < KEYS; key++) {
      let problem = '';
      await until(
        async () => {
          // A worker that is stalled for longer than anybody waits is asked again.
          await this.#check(key, () => 0).catch((error: unknown) => {
            problem = String(error);
            throw error;
          });
          return true;
        },
        patience,
        () => `key ${key} cannot be had: ${problem}`,
      );
    }
  }

  async #check(key: number, longestFault: () => number): Promise<void> {
    const asked = monotonic();
    const { madeAt } = await this.ground.fleet.ask<{ madeAt: number }>(`/cached/${key}`);
    const age = asked - madeAt;
    if (age > CACHED.ttl + CACHED.stale + longestFault() + LATE) {
      throw new Violation(`the value of key ${key} is ${Math.round(age)} ms old`);
    }
  }
}
