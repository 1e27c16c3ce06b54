import { Log } from '../logging/log.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { CountedCache } from '../telemetry/counted-caches.js';
import { CacheSamples } from './cache-samples.js';
import { JobTallies, OTHERS } from './job-tallies.js';
import type { JobTally } from './job-tally.js';
import { together, type JobView } from './job-view.js';
import { createMetrics, type MetricSet } from './metric-set.js';
import type { PrometheusRegistry } from './prometheus.options.js';
import { RecruiterSamples } from './recruiter-samples.js';
import type { Sample } from './series.js';
import { WatchedRecruiter } from './watched-recruiter.js';

interface Shown {
  readonly watched: WatchedRecruiter;
  holders: number;
}

const NO_LABELS = {};
const DECLARED = { kind: 'declared' };
const EFFECTIVE = { kind: 'effective' };

/**
 * What one registry shows of all applications of the process that share it; of those that have closed, what they had
 * counted. Whatever can be read is read when the registry is, once for all metrics.
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

  /** Whether an application shows itself here now. */
  get isUsed(): boolean {
    return this.#shown.size > 0;
  }

  /** Shows a recruiter; returns a function that ends it. One that is shown already is not counted twice. */
  show(recruiter: Recruiter): () => void {
    const shown = this.#shown.get(recruiter) ?? { watched: this.#watch(recruiter), holders: 0 };
    shown.holders++;
    this.#shown.set(recruiter, shown);
    return () => {
      if (--shown.holders > 0) return;
      this.#recruiters.addEnlistments(shown.watched);
      shown.watched.release();
      this.#shown.delete(recruiter);
    };
  }

  /** Shows the caches that `find` returns; returns a function that ends it. */
  showCaches(find: () => Iterable<CountedCache>): () => void {
    this.#findCaches.add(find);
    return () => {
      this.#caches.add(find());
      this.#findCaches.delete(find);
    };
  }

  #watch(recruiter: Recruiter): WatchedRecruiter {
    return new WatchedRecruiter(recruiter, this.#tallies, this.#metrics.duration);
  }

  /** A registry asks all metrics in one turn: the first that is asked reads for all, so that they tell of one moment. */
  #read(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    queueMicrotask(() => (this.#isRead = false));
    const watched = [...this.#shown.values()].map((shown) => shown.watched);
    this.#recruiters.read(watched, this.#metrics);
    for (const find of this.#findCaches) this.#caches.add(find());
    this.#caches.show(this.#metrics.caches);
    this.#showJobs(viewsOf(watched));
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
  }

  #warnOnce(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    new Log('WorkStealing').warn(
      `Too many jobs for metrics of their own: those under further ids are counted as job "${OTHERS}".`,
    );
  }
}

/** One view a label. */
function viewsOf(recruiters: readonly WatchedRecruiter[]): (readonly [JobTally, JobView])[] {
  const views = new Map<JobTally, JobView>();
  for (const recruiter of recruiters) {
    for (const [tally, view] of recruiter.readJobs()) {
      const same = views.get(tally);
      views.set(tally, same === undefined ? view : together(same, view));
    }
  }
  return [...views];
}
