import type { ChainableCommander, Redis } from 'ioredis';
import { BATCH, BUCKET, COUNTERS, FIELDS, PARTITIONS, RETENTION } from '../plan/world.js';
import { Chores, type Batch } from './chores.js';
import { filmsAfter, SEARCH_KEYS, searchKeys } from './films.js';
import { fieldKeys, pendingKey, totalKey } from './keys.js';

const CURSOR = 'original:cursor';
/** Hashes that a transaction looks at, as in a slice of VolatileHashes. */
const VISITS = 24;

/**
 * The data access layer of the original, on the same keys: WATCH what is looked at, MULTI, EXEC; when somebody else was
 * faster nothing is done. Transactions belong to a connection, so it needs one of its own and does one thing at a time.
 */
export class TransactionalChores extends Chores {
  constructor(readonly redis: Redis) {
    super();
  }

  expire(): Promise<Batch> {
    return this.#eachPartition((partition, most) => this.#expireIn(partition, most));
  }

  fold(): Promise<Batch> {
    return this.#eachPartition((partition, most) => this.#foldIn(partition, most));
  }

  async backfill(): Promise<Batch> {
    await this.redis.watch(CURSOR);
    const films = filmsAfter(Number((await this.redis.get(CURSOR)) ?? 0), BATCH);
    if (films.length === 0) {
      await this.redis.unwatch();
      return { done: 0, limit: BATCH };
    }
    const transaction = this.redis.multi().hset(SEARCH_KEYS, ...searchKeys(films));
    const isDone = await committed(transaction.set(CURSOR, String(films.at(-1))));
    return { done: isDone ? films.length : 0, limit: BATCH };
  }

  async #eachPartition(work: (partition: number, most: number) => Promise<number>): Promise<Batch> {
    const first = Math.floor(Math.random() * PARTITIONS);
    let done = 0;
    for (let turn = 0; turn < PARTITIONS && done < BATCH; turn++) {
      done += await work((first + turn) % PARTITIONS, BATCH - done);
    }
    return { done, limit: BATCH };
  }

  async #expireIn(partition: number, most: number): Promise<number> {
    const { index, hash, due: dueKey } = fieldKeys(FIELDS, partition);
    await this.redis.watch(index);
    const now = Date.now();
    const names = await this.redis.zrangebyscore(index, '-inf', now, 'LIMIT', 0, VISITS);
    // A later field of the same hash leaves the index as it is: its due times have to be watched as well.
    if (names.length > 0) await this.redis.watch(...names.map(dueKey));
    const looks = names.map((name) => this.redis.zrange(dueKey(name), 0, String(most), 'WITHSCORES'));
    const dues = (await Promise.all(looks)).map(pairsOf);
    const transaction = this.redis.multi();
    let count = 0;
    names.forEach((name, place) => {
      if (count >= most) return;
      const all = dues[place]!;
      const due = all.filter(([, score]) => score <= now).slice(0, most - count);
      const gone = due.map(([field]) => field);
      if (gone.length > 0) transaction.hdel(hash(name), ...gone).zrem(dueKey(name), ...gone);
      const next = all[gone.length];
      if (next === undefined) transaction.zrem(index, name);
      else transaction.zadd(index, next[1], name);
      count += gone.length;
    });
    return this.#commit(transaction, count);
  }

  async #foldIn(partition: number, most: number): Promise<number> {
    const pending = pendingKey(COUNTERS, partition);
    await this.redis.watch(pending);
    const counts = (await this.redis.hrandfield(pending, most, 'WITHVALUES')) as unknown;
    const pairs = pairsOf(counts);
    const transaction = this.redis.multi();
    for (const [field, count] of pairs) {
      const [, start, item] = /^(\d+):(.*)$/.exec(field)!;
      const total = totalKey(COUNTERS, partition, Number(start));
      transaction.zincrby(total, count, item!).pexpireat(total, Number(start) + BUCKET + RETENTION);
      transaction.hdel(pending, field);
    }
    return this.#commit(transaction, pairs.length);
  }

  async #commit(transaction: ChainableCommander, count: number): Promise<number> {
    if (count > 0) return (await committed(transaction)) ? count : 0;
    await this.redis.unwatch();
    return 0;
  }
}

async function committed(transaction: ChainableCommander): Promise<boolean> {
  return (await transaction.exec()) !== null;
}

/** Pairs are answered as such in RESP3, as a flat list in RESP2. */
function pairsOf(reply: unknown): [field: string, value: number][] {
  const flat = (Array.isArray(reply) ? reply : []).flat().map(String);
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index]!,
    Number(flat[2 * index + 1]),
  ]);
}
