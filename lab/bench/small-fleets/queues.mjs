import { queueOf } from './ways.mjs';

/** Queues of due items in Redis, looked at from outside: an item is the time at which it fell due. */
export class Queues {
  constructor(redis, prefix, ways, queues) {
    this.redis = redis;
    this.keys = ways.flatMap((way) =>
      Array.from({ length: queues }, (_, index) => ({ way, key: `${prefix}:${queueOf(way, index)}` })),
    );
    this.ages = new Map(ways.map((way) => [way, []]));
  }

  /** Notes how old the oldest item of each queue is: ms, 0 of an empty one. */
  async look() {
    const now = Date.now();
    const pipeline = this.redis.pipeline();
    for (const { key } of this.keys) pipeline.lindex(key, 0);
    const oldest = await pipeline.exec();
    this.keys.forEach(({ way }, index) => {
      const [error, since] = oldest[index];
      if (error) throw error;
      this.ages.get(way).push(since === null ? 0 : now - Number(since));
    });
  }

  /** Items fall due now, on average so many in each queue. */
  async add(average) {
    const now = Date.now();
    const pipeline = this.redis.pipeline();
    for (const { key } of this.keys) {
      const items = poissonCount(average);
      if (items > 0) pipeline.rpush(key, ...Array(items).fill(now));
    }
    await pipeline.exec();
  }

  forget() {
    for (const ages of this.ages.values()) ages.length = 0;
  }
}

function poissonCount(average) {
  let count = 0;
  for (let left = average + Math.log1p(-Math.random()); left > 0; left += Math.log1p(-Math.random())) count++;
  return count;
}
