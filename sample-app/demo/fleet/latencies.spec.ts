import { describe, expect, it } from '@jest/globals';
import { Latencies } from './latencies.js';

function recorded(...durations: number[]): Latencies {
  const latencies = new Latencies();
  for (const duration of durations) latencies.record(duration);
  return latencies;
}

describe('Latencies', () => {
  it('knows no percentile before the first request', () => {
    expect(new Latencies().percentiles).toEqual({ p50: null, p99: null });
    expect(Latencies.percentilesOfAll([])).toEqual({ p50: null, p99: null });
  });

  it('tells percentiles in ms, to a thousandth of them', () => {
    const { p50, p99 } = recorded(...Array.from({ length: 100 }, (_, index) => index + 1)).percentiles;
    expect(p50).toBeCloseTo(50, 0);
    expect(p99).toBeCloseTo(99, 0);
    expect(recorded(0.25).percentiles.p50).toBeCloseTo(0.25, 2);
  });

  it('takes the percentile over all requests of all workers, not the mean of percentiles', () => {
    const quick = recorded(...Array<number>(99).fill(1));
    const slow = recorded(100);
    expect(Latencies.percentilesOfAll([quick, slow]).p50).toBeCloseTo(1, 1);
  });
});
