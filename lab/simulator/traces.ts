import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A stretch of a day, in seconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What happens to the fleet in a run. A second is a tick of the world: work arrives and grows older at its beginning. */
export interface Trace {
  readonly seconds: number;
  /** Seconds at the start that no figure counts. */
  readonly warmUp: number;
  /** Requests/s that a process of average share gets. */
  readonly traffic: (second: number) => number;
  /** Traffic as it is all day before the run: what was requested then falls due in it. */
  readonly steadyBefore: boolean;
  readonly bursts: readonly Span[];
  /** When rolling deploys begin. */
  readonly deploys: readonly number[];
  readonly outage?: Span;
  /** All processes stand still, as in a paused machine. */
  readonly stop?: Span;
  /** A balancer moves traffic away from processes that are slow. */
  readonly balancer?: boolean;
  /** Slices last as long as a heavy-tailed distribution says. */
  readonly heavyTail?: boolean;
  /** Length of a second, for worlds that run faster: ms. @default 1000 */
  readonly tick?: number;
  /** Event-loop time of a request: exponential with this mean, ms. @default that of the simulated world */
  readonly requestLoop?: number;
  /** Share of slices in which the process has used up its CPU and stands still. @default 0 */
  readonly throttled?: number;
  /** Each process lives for so many seconds, and is followed by another at once. @default for ever */
  readonly lifetime?: number;
  /** The first slice that begins in this second or later fails. */
  readonly failsOnceAt?: number;
  /** How many times slower than it should be Redis answers. @default 1 */
  readonly redisSlowness?: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
const PEAK = 20;
const NIGHT = 0.001;

const bursts = [at(9.5, 300), at(13, 300), at(18, 600)];
const diurnal: Trace = {
  seconds: DAY,
  warmUp: 0,
  traffic: (second) => daytime(second / HOUR) * (isWithin(bursts, second) ? 20 : 1),
  steadyBefore: false,
  bursts,
  deploys: [11 * HOUR, 16 * HOUR],
};
const steady: Trace = {
  seconds: 6 * HOUR,
  warmUp: HOUR,
  traffic: () => PEAK,
  steadyBefore: true,
  bursts: [],
  deploys: [],
};
const night: Trace = { ...steady, seconds: 2 * HOUR, traffic: () => NIGHT, steadyBefore: false };
const hourly = Array.from({ length: 6 }, (_, hour) => at(hour + 0.5, 120));

/** The traces by name. `diurnal` is the world in which the design was found. */
export const TRACES: Readonly<Record<string, () => Trace>> = {
  diurnal: () => diurnal,
  steady: () => steady,
  sustained: () => ({ ...steady, traffic: () => 0.76 / 0.0018 }),
  bursty: () => ({
    ...steady,
    traffic: (second) => 5 * (isWithin(hourly, second) ? 60 : 1),
    bursts: hourly.slice(1),
  }),
  github: () => ({ ...diurnal, traffic: githubTraffic(), bursts: [], deploys: [] }),
  night: () => night,
  'night-with-a-failure': () => ({ ...night, failsOnceAt: HOUR }),
  throttled: () => ({ ...steady, throttled: 0.5 }),
  'short-lived': () => ({ ...steady, lifetime: 60 }),
  'slow-redis': () => ({ ...steady, redisSlowness: 200 }),
  'short-outage': () => ({ ...steady, seconds: 2.5 * HOUR, outage: at(1.25, 600) }),
  deploys: () => ({ ...steady, deploys: [1.5, 2.5, 3.5, 4.5].map((hour) => hour * HOUR) }),
  outage: () => ({ ...diurnal, outage: at(14, 1800) }),
  stop: () => ({ ...diurnal, stop: at(14, 1800) }),
  balancer: () => ({ ...diurnal, balancer: true }),
  'heavy-tailed': () => ({ ...diurnal, heavyTail: true }),
};

function at(hour: number, seconds: number): Span {
  return { from: hour * HOUR, to: hour * HOUR + seconds };
}

export function isWithin(spans: readonly Span[], second: number): boolean {
  return spans.some((span) => second >= span.from && second < span.to);
}

function daytime(hour: number): number {
  return hour < 6 || hour > 23 ? NIGHT : Math.max(NIGHT, PEAK * Math.sin((Math.PI * (hour - 6)) / 17));
}

/** Public events on GitHub by hour of the day, from vega-datasets, scaled to the same peak. */
function githubTraffic(): (second: number) => number {
  const file = fileURLToPath(new URL('../data/github.csv', import.meta.resolve('vega-datasets')));
  const byHour = new Array<number>(24).fill(0);
  for (const line of readFileSync(file, 'utf8').trim().split('\n').slice(1)) {
    const [time = '', count = '0'] = line.split(',');
    byHour[Number(time.slice(11, 13))]! += Number(count);
  }
  const busiest = Math.max(...byHour);
  return (second) => (PEAK * byHour[Math.floor(second / HOUR) % 24]!) / busiest;
}
