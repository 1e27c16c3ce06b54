import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedis } from '../../../scripts/redis/index.mjs';
import { quantile } from '../../measure/statistics.mjs';
import { openLoop } from '../../measure/traffic/open-loop.mjs';
import { pathOf, requestsOf, TRACES, type Request, type Trace } from '../plan/traces.js';
import { FIELD_TTL, FILMS } from '../plan/world.js';
import { WAYS } from '../ways/index.js';
import { SEARCH_KEYS } from '../work/films.js';
import { Backlog } from './backlog.js';
import { checkResults } from './check.js';
import { executed, serverTime } from './commands.js';
import { filmsDone, gapAfter, inOrder, tally } from './figures.js';
import { Fleet } from './fleet.js';
import { itemsDone } from './items-done.js';
import type { RunKey, RunResult } from './result.js';

/** A way gets so long to do by itself what is left after the trace. */
const LONGEST_DRAIN = 7000;

/**
 * One way, one fleet, one trace, on a Redis of its own.
 *
 * @param scale - share of the trace's length that is run: below 1 only to see that it works.
 * @throws Error when the work was not done in the end.
 */
export async function run(key: RunKey, scale: number): Promise<RunResult> {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const fleet = new Fleet(key.way, server.url);
  try {
    await fleet.start(key.instances);
    const measured = await measure(key, scaled(TRACES[key.trace], scale), fleet, redis);
    await fleet.stop();
    return measured;
  } finally {
    fleet.abandon();
    redis.disconnect();
    await server.stop();
  }
}

async function measure(key: RunKey, trace: Trace, fleet: Fleet, redis: Redis): Promise<RunResult> {
  const requests = requestsOf(trace, key.round);
  const load = loadavg()[0]!;
  const backlog = new Backlog(redis);
  const before = await serverTime(redis);
  await redis.config('RESETSTAT');
  fleet.open();
  const begun = Date.now();
  backlog.start();
  const [traffic] = await Promise.all([
    visit(fleet, requests, trace.length),
    happenings(fleet, trace, redis),
  ]);
  await backlog.stop();
  const end = Date.now();
  const commands = await executed(redis, backlog.commands);
  const server = (await serverTime(redis)) - before;
  const { cpu, sent } = await fleet.collect();
  const items = await itemsDone(redis, traffic.answered);
  const runsOfTrace = inOrder(fleet.runs);
  const drained = await drain(key, backlog, redis);
  await fleet.collect();
  await fleet.finish();
  await checkResults(redis, { sure: traffic.times.length, unsure: traffic.failed });
  return {
    ...key,
    length: trace.length,
    load: Number(load.toFixed(1)),
    requests: { answered: traffic.times.length, failed: traffic.failed, unserved: traffic.unserved },
    latency: latencyOf(traffic.times),
    ages: {
      expire: backlog.samples.map((ages) => ages.expire),
      fold: backlog.samples.map((ages) => ages.fold),
    },
    runs: tally(runsOfTrace, end),
    failures: [...new Set(fleet.failures)].slice(0, 10),
    items,
    repeated: Math.max(0, filmsDone(fleet.runs) - FILMS),
    commands,
    sent,
    serverTime: server,
    cpu,
    backfilled: items.films < FILMS ? null : lastBackfill(runsOfTrace, begun),
    gap: fleet.killedAt === undefined ? null : gapAfter(runsOfTrace, fleet.killedAt, end),
    drained,
  };
}

/** Sends the requests when they are due, and waits for the last answers. */
async function visit(fleet: Fleet, requests: readonly Request[], length: number) {
  const times: number[] = [];
  const answered: Request[] = [];
  let [failed, unserved, open] = [0, 0, 0];
  const begun = performance.now();
  await openLoop(
    requests.map(({ at }) => at),
    (index) => {
      const asked = performance.now();
      const isServed = fleet.ask(pathOf(requests[index]!), (status) => {
        open--;
        if (status === 200) {
          times.push(performance.now() - asked);
          answered.push(requests[index]!);
        } else failed++;
      });
      if (isServed) open++;
      else unserved++;
    },
  );
  await pause(Math.max(0, length - (performance.now() - begun)));
  while (open > 0) await pause(5);
  return { times, answered, failed, unserved };
}

async function happenings(fleet: Fleet, { deploy, kill }: Trace, redis: Redis): Promise<void> {
  if (deploy !== undefined) {
    await pause(deploy.from);
    await fleet.deploy(deploy.to - deploy.from);
  }
  if (kill !== undefined) {
    await pause(kill);
    await fleet.kill(async () => (await redis.set('victim', 'driver', 'NX')) === 'OK');
  }
}

/** Without requests: how long it takes the way to do what is left, once all of it is due. */
async function drain({ way }: RunKey, backlog: Backlog, redis: Redis): Promise<number | null> {
  await pause(FIELD_TTL.most + 50);
  if (WAYS[way].title.startsWith('nothing')) return null;
  const begun = performance.now();
  for (;;) {
    const { expire, fold } = await backlog.look();
    const time = performance.now() - begun;
    if (expire === 0 && fold === 0 && (await redis.hlen(SEARCH_KEYS)) === FILMS) return Math.round(time);
    if (time > LONGEST_DRAIN || (way === 'original' && time > 0)) return null;
    await pause(50);
  }
}

function lastBackfill(
  runs: readonly { chore: string; at: number; done: number }[],
  begun: number,
): number | null {
  const last = runs.findLast(({ chore, done }) => chore === 'backfill' && done > 0);
  return last === undefined ? null : last.at - begun;
}

function latencyOf(times: readonly number[]) {
  const of = (share: number) => Number(quantile(times, share).toFixed(3));
  return { p50: of(0.5), p90: of(0.9), p99: of(0.99) };
}

/** The first part of a trace; what happens in it happens sooner. */
function scaled(trace: Trace, scale: number): Trace {
  if (scale === 1) return trace;
  const { deploy, kill } = trace;
  return {
    ...trace,
    length: trace.length * scale,
    ...(deploy !== undefined && { deploy: { from: deploy.from * scale, to: deploy.to * scale } }),
    ...(kill !== undefined && { kill: kill * scale }),
  };
}
