import { CACHED } from '../worker/names.js';
import { monotonic } from '../worker/monotonic.js';
import { Violation, type Ground, type Model } from './model.js';

/** A value may reach a server that is stopped, and is stored when it goes on: as late as the longest fault, and some ms. */
const LATE = 3000;
const KEYS = 20;

/** No value of the cache is older than its time, and no call fails because of Redis. */
export class CacheModel implements Model {
  readonly name = 'EarlyRefreshCache';

  constructor(
    private readonly ground: Ground,
    private readonly longestFault: number,
  ) {}

  async step(): Promise<void> {
    const key = Math.floor(this.ground.random.next() * KEYS);
    const asked = monotonic();
    const { madeAt } = await this.ground.fleet.ask<{ madeAt: number }>(`/cached/${key}`);
    const age = asked - madeAt;
    if (age > CACHED.ttl + CACHED.stale + this.longestFault + LATE) {
      throw new Violation(`the value of key ${key} is ${Math.round(age)} ms old`);
    }
  }

  forget(): void {}
  distrust(): void {}
  trust(): void {}

  /** Then there is no late writing either. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, CACHED.ttl + CACHED.stale));
    for (let key = 0; key < KEYS; key++) {
      const asked = monotonic();
      const { madeAt } = await this.ground.fleet.ask<{ madeAt: number }>(`/cached/${key}`);
      const age = asked - madeAt;
      if (age > CACHED.ttl + CACHED.stale + LATE) {
        throw new Violation(`the value of key ${key} is ${Math.round(age)} ms old`);
      }
    }
  }
}
