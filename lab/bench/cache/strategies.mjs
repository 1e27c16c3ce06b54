/**
 * Five ways to read one value through a cache. The first four are those that the Internet Archive compared at RedisConf
 * 2017 (internetarchive/xfetch), written anew after its description; the last is the package's.
 *
 * Each is `(client, terms, source) => read`. `source.recompute()` makes the value, `source.missed()` and
 * `source.waited()` count: a miss found no value, and who waits gets it only when a recompute, its own or another's, has
 * ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EarlyRefreshCache } from 'nestjs-work-stealing/cache';

const VALUE = 'bench:value';
const DELTA = 'bench:delta';
const LOCK = 'bench:lock';
/** Between two looks of one who waits for the lock: ms, as in the original. */
const RETRY = 10;

export const STRATEGIES = { fetch, locked, xfetch, xlocked, EarlyRefreshCache: early };

/** Whoever finds nothing recomputes. */
function fetch(client, { ttl }, source) {
  return async () => {
    if ((await client.get(VALUE)) !== null) return;
    source.missed();
    source.waited();
    await client.set(VALUE, await source.recompute(), 'PX', ttl);
  };
}

/** Of those who find nothing one recomputes, the others wait. */
function locked(client, { ttl, lockTtl }, source) {
  return async () => {
    if ((await client.get(VALUE)) !== null) return;
    source.missed();
    source.waited();
    do {
      if (await acquire(client, lockTtl)) {
        await client.set(VALUE, await source.recompute(), 'PX', ttl);
        await client.del(LOCK);
        return;
      }
      await sleep(RETRY);
    } while ((await client.get(VALUE)) === null);
  };
}

/** Whoever draws it recomputes early, and waits for what comes of it. */
function xfetch(client, terms, source) {
  return async () => {
    const found = await readWithDelta(client);
    if (found.value !== null && !isEarly(found, terms)) return;
    if (found.value === null) source.missed();
    source.waited();
    await recomputeWithDelta(client, terms, source);
  };
}

/** The same under a lock: who draws it but does not get the lock takes the value that there is. */
function xlocked(client, terms, source) {
  return async () => {
    let found = await readWithDelta(client);
    if (found.value !== null && !isEarly(found, terms)) return;
    const isMiss = found.value === null;
    if (isMiss) {
      source.missed();
      source.waited();
    }
    for (;;) {
      if (await acquire(client, terms.lockTtl)) {
        if (!isMiss) source.waited();
        await recomputeWithDelta(client, terms, source);
        await client.del(LOCK);
        return;
      }
      if (found.value !== null) return;
      await sleep(RETRY);
      found = await readWithDelta(client);
    }
  };
}

/** Ours, with its defaults. */
function early(client, { ttl }, source) {
  const cache = new EarlyRefreshCache(client, 'bench');
  return async () => {
    const { misses } = cache.stats;
    await cache.get('page', () => source.recompute(), { ttl });
    if (cache.stats.misses === misses) return;
    source.missed();
    source.waited();
  };
}

async function acquire(client, lockTtl) {
  return (await client.set(LOCK, 'held', 'PX', lockTtl, 'NX')) !== null;
}

async function readWithDelta(client) {
  const [[, left], [, value], [, delta]] = await client.multi().pttl(VALUE).get(VALUE).get(DELTA).exec();
  return { left, value, delta: Number(delta) };
}

function isEarly({ left, delta }, { beta }) {
  return -delta * beta * Math.log(1 - Math.random()) >= left;
}

async function recomputeWithDelta(client, { ttl }, source) {
  const begun = performance.now();
  const value = await source.recompute();
  const delta = performance.now() - begun;
  await client.multi().set(VALUE, value, 'PX', ttl).set(DELTA, delta, 'PX', ttl).exec();
}
