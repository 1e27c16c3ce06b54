import { SeededRandom } from '../../lib/testing/seeded-random.js';
import { Chance } from './chance.js';
import type { BurstSlice } from './record.js';
import type { Span, Trace } from './traces.js';
import { REQUEST_LOOP } from './world.js';

/** Replayed at most so many processes: more do not change the figures. */
const REPLAYED = 50;

/** Percentiles of the time that requests take in bursts, in ms. */
export interface Latency {
  readonly p99: number;
  readonly p999: number;
  readonly addedP99: number;
  readonly addedP999: number;
}

/** Replays the requests of bursts through one queue a process, without its slices and with them: what these add to their time. */
export function burstLatency(
  trace: Trace,
  shares: readonly number[],
  slices: readonly BurstSlice[],
): Latency | undefined {
  if (trace.bursts.length === 0) return undefined;
  const [bare, shared] = [new Histogram(), new Histogram()];
  shares.slice(0, REPLAYED).forEach((share, process) => {
    const own = slices.filter((slice) => slice.process === process);
    for (const burst of trace.bursts) {
      const seed = process * 1000 + Math.round(burst.from / 60);
      replay(trace, burst, share, own, seed, bare, shared);
    }
  });
  const [p99, p999] = [bare.percentile(0.99), bare.percentile(0.999)];
  return {
    p99,
    p999,
    addedP99: shared.percentile(0.99) - p99,
    addedP999: shared.percentile(0.999) - p999,
  };
}

function replay(
  trace: Trace,
  burst: Span,
  share: number,
  slices: readonly BurstSlice[],
  seed: number,
  bare: Histogram,
  shared: Histogram,
): void {
  const chance = new Chance(new SeededRandom(seed));
  const left = slices.filter(({ at }) => at >= burst.from * 1000 && at < burst.to * 1000).toReversed();
  let bareFreeAt = 0;
  let freeAt = 0;
  for (let now = burst.from * 1000; now < burst.to * 1000;) {
    const rate = trace.traffic(Math.floor(now / 1000)) * share;
    now += chance.exponential(1000 / rate);
    for (let next = left.at(-1); next !== undefined && isStarted(next, freeAt, now); next = left.at(-1)) {
      freeAt = Math.max(freeAt, next.at) + next.loop;
      left.pop();
    }
    const service = chance.exponential(REQUEST_LOOP);
    bareFreeAt = Math.max(bareFreeAt, now) + service;
    bare.add(bareFreeAt - now);
    freeAt = Math.max(freeAt, now) + service;
    shared.add(freeAt - now);
  }
}

/** Whether a slice goes before the request that arrives now: it found the queue empty, or has waited long enough. */
function isStarted({ at, patience }: BurstSlice, freeAt: number, now: number): boolean {
  return at <= now && (Math.max(at, freeAt) <= now || at + patience <= now);
}

/** Counts times in steps of a hundredth of a millisecond, up to 10 s. */
class Histogram {
  readonly #counts = new Float64Array(1_000_000);
  #total = 0;

  add(ms: number): void {
    this.#counts[Math.min(this.#counts.length - 1, Math.floor(ms * 100))]!++;
    this.#total++;
  }

  percentile(share: number): number {
    let left = share * this.#total;
    const index = this.#counts.findIndex((count) => (left -= count) <= 0);
    return index / 100;
  }
}
