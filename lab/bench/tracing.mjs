import { startRedis } from '../../scripts/redis/index.mjs';
import { child } from './child.mjs';
import { median } from '../measure/paired.mjs';
import { row, times } from './table.mjs';

const ALL = 'prometheus+opentelemetry+statsd+fleet+diagnostics';
const SLICES = [
  ['none', 'a slice that does nothing, without telemetry: CPU time'],
  ['prometheus', 'the same with Prometheus'],
  ['opentelemetry', 'the same with OpenTelemetry: metrics and spans'],
  ['statsd', 'the same with StatsD'],
  ['fleet', 'the same with the fleet view'],
  ['diagnostics', 'the same with a diagnostics subscriber'],
  [ALL, 'the same with all of them'],
];

/** What telemetry and the fleet view cost: enlistments nothing, slices little; and what a scrape takes. */
export async function rows(mode) {
  const redis = await startRedis();
  try {
    return [...(await dismissals(redis.url, mode)), ...(await slices(redis.url, mode)), await scrape(mode)];
  } finally {
    await redis.stop();
  }
}

async function dismissals(redis, { processes, rounds, turn }) {
  const ratio = await medianOf(processes, async () => {
    return (await child('watched-dismissal', { args: [ALL, redis, rounds, turn] })).ratio;
  });
  const what =
    '`enlistDetached()` dismissed, with Prometheus, OpenTelemetry, StatsD and fleet view, against without';
  return [row(what, 'at most 1.1 times', times(ratio), ratio <= 1.1)];
}

/** Of several processes, as the heap of a job begins empty in each. */
async function slices(redis, { processes, rounds }) {
  const found = [];
  for (const [telemetry, what] of SLICES) {
    const each = await medianOf(processes, async () => {
      return (await child('slice-overhead', { args: [telemetry, redis, rounds] })).microseconds;
    });
    found.push(row(what, 'under 20 µs', `${each.toFixed(1)} µs`, each < 20));
  }
  return found;
}

async function scrape({ processes, rounds }) {
  let series;
  const took = await medianOf(processes, async () => {
    const found = await child('scrape', { args: [200, rounds] });
    series = found.series;
    return found.milliseconds;
  });
  const what = `a scrape of 200 jobs (${series.toLocaleString('en')} series): CPU time`;
  return row(what, 'under 10 ms', `${took.toFixed(1)} ms`, took < 10);
}

async function medianOf(rounds, measure) {
  const found = [];
  for (let round = 0; round < rounds; round++) found.push(await measure());
  return median(found);
}
