import type { Redis } from 'ioredis';
import { COUNTERS, FIELDS, FILMS, PARTITIONS } from '../plan/world.js';
import { SEARCH_KEYS, searchKeyOf } from '../work/films.js';
import { fieldKeys, pendingKey, totalKey } from '../work/keys.js';

/**
 * Holds the data to what has been asked for: each view counted once, no field left, each film with its key.
 *
 * @param counted - views that were answered, and those of which nobody knows: their instance was killed under them.
 * @throws Error that says what is wrong.
 */
export async function checkResults(redis: Redis, counted: { sure: number; unsure: number }): Promise<void> {
  const problems: string[] = [];
  let views = 0;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const keys = fieldKeys(FIELDS, partition);
    const overdue = await redis.zcard(keys.index);
    const hashes = await redis.keys(keys.hash('*'));
    if (overdue > 0)
      problems.push(`${overdue} hashes of partition ${partition} still have fields that are due`);
    if (hashes.length > 0) problems.push(`${hashes.length} hashes of partition ${partition} are left`);
    const pending = await redis.hlen(pendingKey(COUNTERS, partition));
    if (pending > 0) problems.push(`${pending} counts of partition ${partition} are not folded`);
    views += await totalOf(redis, partition);
  }
  const { sure, unsure } = counted;
  if (views < sure || views > sure + unsure) {
    problems.push(
      `${views} views are counted, of ${sure} that were answered and ${unsure} that may have been`,
    );
  }
  const keys = await redis.hgetall(SEARCH_KEYS);
  const wrong = Array.from({ length: FILMS }, (_, index) => index + 1).filter(
    (film) => keys[film] !== searchKeyOf(film),
  );
  if (wrong.length > 0) problems.push(`${wrong.length} films have no search key or a wrong one`);
  if (problems.length > 0) throw new Error(`The work was not done: ${problems.join('; ')}`);
}

async function totalOf(redis: Redis, partition: number): Promise<number> {
  let sum = 0;
  for (const key of await redis.keys(totalKey(COUNTERS, partition, 0).replace(/0$/, '*'))) {
    const pairs = (await redis.zrange(key, 0, '-1', 'WITHSCORES')) as unknown[];
    const flat = pairs.flat();
    for (let index = 1; index < flat.length; index += 2) sum += Number(flat[index]);
  }
  return sum;
}
