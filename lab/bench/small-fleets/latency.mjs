/** What each way alone adds to requests, against none: 4 processes, 100 requests/s, in turns. */
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../measure/paired.mjs';
import { quantile } from '../../measure/statistics.mjs';
import { Fleet } from './fleet.mjs';
import { Queues } from './queues.mjs';
import { WAYS } from './ways.mjs';

const PROCESSES = 4;
const TRAFFIC = 100;
/** In place of a minute, so that a round holds several: the same share of requests meets a run. */
const PERIOD = 10_000;
const WARM_UP = 2 * PERIOD;
const LENGTH = 6 * PERIOD;
const TICK = 100;
/** One item for each request, a millisecond of event loop each: enough that runs of a cron are seen in the p99. */
const WORK = { limit: 10, io: 2, loop: 1 };
const ITEMS_PER_REQUEST = 1;

export async function measureLatency(server, rounds) {
  const found = new Map(['none', ...WAYS].map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    // What the machine does besides grows or falls with time: every other round goes backwards.
    const ways = round % 2 === 0 ? [...found.keys()] : [...found.keys()].toReversed();
    for (const way of ways) found.get(way).push(await measure(server, way, `round-${round}-${way}`));
  }
  return [...found].map(([way, measured]) => ({ way, ...middle(measured, found.get('none')) }));
}

async function measure({ url }, way, name) {
  const prefix = name.replaceAll(' ', '-');
  const ways = way === 'none' ? [] : [way];
  const redis = new Redis(url);
  const fleet = await Fleet.start(PROCESSES, { url, prefix, ways, queues: 1, period: PERIOD, ...WORK });
  const queues = new Queues(redis, prefix, ways, 1);
  try {
    await Promise.all([fleet.serve(TRAFFIC, WARM_UP), play(queues, WARM_UP)]);
    queues.forget();
    const [times] = await Promise.all([fleet.serve(TRAFFIC, LENGTH), play(queues, LENGTH)]);
    const ages = way === 'none' ? [] : queues.ages.get(way);
    return {
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
      p999: quantile(times, 0.999),
      age: quantile(ages, 0.99) / 1000,
    };
  } finally {
    await fleet.stop();
    redis.disconnect();
  }
}

async function play(queues, ms) {
  const begun = performance.now();
  for (let tick = 1; tick * TICK <= ms; tick++) {
    if (queues.keys.length > 0) {
      await queues.look();
      await queues.add((ITEMS_PER_REQUEST * TRAFFIC * TICK) / 1000);
    }
    await sleep(Math.max(0, begun + tick * TICK - performance.now()));
  }
}

/** Medians over the rounds; what is added is that of each round against none in the same round. */
function middle(measured, none) {
  const of = (figure) => median(measured.map((each) => each[figure]));
  const added = (figure) => median(measured.map((each, round) => each[figure] - none[round][figure]));
  return {
    p50: of('p50'),
    p99: of('p99'),
    p999: of('p999'),
    age: of('age'),
    added: added('p99'),
    added999: added('p999'),
    rounds: measured.map(({ p99 }) => p99),
  };
}
