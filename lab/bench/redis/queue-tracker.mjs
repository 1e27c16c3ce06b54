/**
 * Identifiers that QueueTracker adds, and checks and removes, a second, and its round trips a slice; against one awaited
 * command an identifier, which is how a producer and a consumer would keep a set without it. The queue is a list in
 * this process, so what is measured is the tracker and Redis.
 */
import { Redis } from 'ioredis';
import { startRedis } from '../../../scripts/redis/index.mjs';
import { QueueTracker } from './library.mjs';
import { interleaved, median } from './median.mjs';
import { slice } from './slice.mjs';
import { times, whole } from './table.mjs';

const QUEUED = Array.from({ length: 100_000 }, (_, index) => `item:${index}`);

export async function rows(mode) {
  const server = await startRedis();
  const client = new Redis(server.url);
  try {
    const found = [];
    for (const limit of [100, 250]) found.push(...(await compare(client, limit, mode)));
    return found;
  } finally {
    client.disconnect();
    await server.stop();
  }
}

async function compare(client, limit, { rounds, slices }) {
  const results = await interleaved(rounds, {
    slices: () => bySlices(client, limit, slices),
    singly: () => singly(client, slices * 5),
  });
  return ['added', 'removed'].map((kind) => {
    const ours = median(results.slices.map((round) => round[kind].perSecond));
    const theirs = median(results.singly.map((round) => round[kind]));
    const trips = median(results.slices.map((round) => round[kind].roundTrips));
    return {
      what: `QueueTracker, ${limit} a slice: identifiers ${kind} a second, in ${trips.toFixed(1)} round trips a slice, against a command each`,
      ours: whole(ours),
      against: whole(theirs),
      ratio: times(ours / theirs),
    };
  });
}

/** Half of what is sampled is queued no more. Its slices take turns, so each kind is told by the callback that it called. */
async function bySlices(client, limit, slices) {
  await client.flushall();
  let kind;
  const tracker = new QueueTracker(client, 'bench', {
    limit,
    nextQueued(after, most) {
      kind = 'added';
      const from = Number(after ?? 0);
      const to = from + most;
      return { ids: QUEUED.slice(from, to), next: to < QUEUED.length ? String(to) : null };
    },
    stillQueued(ids) {
      kind = 'removed';
      return ids.filter((_, index) => index % 2 === 0);
    },
  });
  await tracker.markQueued(...QUEUED.slice(-250));
  const sums = {
    added: { ids: 0, ms: 0, trips: 0, slices: 0 },
    removed: { ids: 0, ms: 0, trips: 0, slices: 0 },
  };
  for (let count = 0; count < slices; count++) {
    await client.config('RESETSTAT');
    const begun = performance.now();
    const { done } = await tracker.recruited(slice);
    const sum = sums[kind];
    sum.ms += performance.now() - begun;
    sum.ids += done;
    sum.trips += await scriptCalls(client);
    sum.slices++;
  }
  const figures = ({ ids, ms, trips, slices: count }) => ({
    perSecond: (ids / ms) * 1000,
    roundTrips: trips / count,
  });
  return { added: figures(sums.added), removed: figures(sums.removed) };
}

/** Every command of a slice is a script, and waits for the one before it. */
async function scriptCalls(client) {
  const calls = (await client.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g);
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function singly(client, count) {
  await client.flushall();
  const timed = async (act) => {
    const begun = performance.now();
    for (let index = 0; index < count; index++) await act(QUEUED[index % QUEUED.length]);
    return (count / (performance.now() - begun)) * 1000;
  };
  return {
    added: await timed((id) => client.sadd('singly', id)),
    removed: await timed((id) => client.srem('singly', id)),
  };
}
