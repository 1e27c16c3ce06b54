import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** How long requests took, at two shares of them: ms; null before the first. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** How long the requests to one worker took, as their visitor saw it. */
export class Latencies {
  /** In µs: a histogram holds whole numbers. */
  readonly #histogram: RecordableHistogram = createHistogram();

  /** @param duration - ms. */
  record(duration: number): void {
    this.#histogram.record(Math.max(1, Math.round(duration * 1000)));
  }

  get percentiles(): Percentiles {
    return percentilesOf(this.#histogram);
  }

  /** Over the requests to all workers: percentiles cannot be averaged, histograms can be added. */
  static percentilesOfAll(all: readonly Latencies[]): Percentiles {
    const sum = createHistogram();
    for (const latencies of all) sum.add(latencies.#histogram);
    return percentilesOf(sum);
  }
}

function percentilesOf(histogram: RecordableHistogram): Percentiles {
  const at = (percentile: number) => (histogram.count === 0 ? null : histogram.percentile(percentile) / 1000);
  return { p50: at(50), p99: at(99) };
}
