import { Log } from '../logging/log.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { CountedCache } from '../telemetry/counted-caches.js';
import { PASS_METRICS } from '../telemetry/pass-figures.js';
import { JobTallies, OTHERS, type JobTally } from './job-tallies.js';
import { createMetrics, type MetricSet } from './metric-set.js';
import { merged, ObservedRecruiter, type JobView } from './observed-recruiter.js';
import type { PrometheusRegistry } from './prometheus.options.js';
import { CacheSamples, RecruiterSamples } from './samples.js';
import type { Sample } from './series.js';

interface Shown {
  readonly observed: ObservedRecruiter;
  holders: number;
}

const NO_LABELS = {};
const DECLARED = { kind: 'declared' };
const EFFECTIVE = { kind: 'effective' };

/**
 * The metrics of all applications of the process that share one registry, with the counts of those that have closed. Values
 * are read when the registry is scraped, once for all metrics.
 */
export class Exposition {
  readonly #metrics: MetricSet;
  readonly #shown = new Map<Recruiter, Shown>();
  readonly #tallies = new JobTallies(() => this.#warnOnce());
  readonly #recruiters = new RecruiterSamples();
  readonly #caches = new CacheSamples();
  readonly #findCaches = new Set<() => Iterable<CountedCache>>();
  #isRead = false;
  #hasWarned = false;

  constructor(
    registry: PrometheusRegistry,
    prefix: string,
    readonly buckets: readonly number[],
  ) {
    this.#metrics = createMetrics(registry, prefix, buckets, () => this.#read());
  }

  /** Whether an application uses it now. */
  get isUsed(): boolean {
    return this.#shown.size > 0;
  }

  /** Shows a recruiter, once even if it is added again. Returns a function that ends it. */
  show(recruiter: Recruiter): () => void {
    const shown = this.#shown.get(recruiter) ?? { observed: this.#observe(recruiter), holders: 0 };
    shown.holders++;
    this.#shown.set(recruiter, shown);
    return () => {
      if (--shown.holders > 0) return;
      this.#recruiters.addEnlistments(shown.observed);
      shown.observed.release();
      this.#shown.delete(recruiter);
    };
  }

  /** Shows the caches that `find` returns. Returns a function that ends it. */
  showCaches(find: () => Iterable<CountedCache>): () => void {
    this.#findCaches.add(find);
    return () => {
      this.#caches.add(find());
      this.#findCaches.delete(find);
    };
  }

  #observe(recruiter: Recruiter): ObservedRecruiter {
    return new ObservedRecruiter(recruiter, this.#tallies, this.#metrics.duration);
  }

  /** A registry collects all metrics in one turn: the first one reads the values for all, so that they are consistent. */
  #read(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    queueMicrotask(() => (this.#isRead = false));
    const observed = [...this.#shown.values()].map((shown) => shown.observed);
    this.#recruiters.read(observed, this.#metrics);
    for (const find of this.#findCaches) this.#caches.add(find());
    this.#caches.show(this.#metrics.caches);
    this.#showJobs(viewsOf(observed));
    const tallies = [...this.#tallies];
    this.#metrics.slices.samples = tallies.flatMap(({ slices }) => [...slices]);
    this.#metrics.items.samples = tallies.map(({ items }) => items);
    this.#metrics.overruns.samples = tallies.map(({ overruns }) => overruns);
    this.#metrics.gatedLooks.samples = tallies.flatMap(({ gatedLooks }) => [...gatedLooks]);
  }

  #showJobs(views: readonly (readonly [JobTally, JobView])[]): void {
    const of = (value: (view: JobView) => number | undefined, labels = NO_LABELS): Sample[] =>
      views.flatMap(([{ labels: sharedLabels }, view]) => {
        const read = value(view);
        return read === undefined ? [] : { value: read, labels, sharedLabels };
      });
    const metrics = this.#metrics;
    metrics.rate.samples = [
      ...of(({ declared }) => declared, DECLARED),
      ...of(({ effective }) => effective, EFFECTIVE),
    ];
    metrics.paused.samples = of(({ isPaused }) => Number(isPaused));
    metrics.backlog.samples = of(({ backlog }) => backlog);
    metrics.lastWork.samples = of(({ lastWorkAt }) => lastWorkAt);
    metrics.installed.samples = of(({ installedAt }) => installedAt);
    metrics.expected.samples = of(({ expectWorkWithin }) => expectWorkWithin);
    for (const { figure } of PASS_METRICS) {
      metrics.passes[figure].samples = of(({ passes }) => passes?.[figure]);
    }
  }

  #warnOnce(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    new Log('WorkStealing').warn(
      `Too many jobs for separate metrics: jobs with further ids are counted as job "${OTHERS}".`,
    );
  }
}

/** Returns one view for each label. */
function viewsOf(recruiters: readonly ObservedRecruiter[]): (readonly [JobTally, JobView])[] {
  const views = new Map<JobTally, JobView>();
  for (const recruiter of recruiters) {
    for (const [tally, view] of recruiter.readJobs()) {
      const same = views.get(tally);
      views.set(tally, same === undefined ? view : merged(same, view));
    }
  }
  return [...views];
}
