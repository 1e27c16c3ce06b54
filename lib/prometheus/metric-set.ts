import { Histogram } from 'prom-client';
import { CACHE_METRICS, type CacheStats } from '../telemetry/cache-stats.js';
import { PASS_METRICS, type PassFigures } from '../telemetry/pass-figures.js';
import type { PrometheusRegistry } from './prometheus.options.js';
import { Series } from './series.js';

const OF_JOB = ['recruiter', 'job'] as const;
const OF_RECRUITER = ['recruiter'] as const;

type Definition = readonly [
  type: 'counter' | 'gauge',
  name: string,
  labelNames: readonly string[],
  help: string,
  aggregator: string,
];

/** Every metric that is read: type, name, labels, help, and aggregation over a cluster. */
const READ = {
  enlistments: ['counter', 'enlistments_total', OF_RECRUITER, 'Enlistments, dismissed ones included.', 'sum'],
  slices: [
    'counter',
    'slices_total',
    [...OF_JOB, 'outcome', 'reason'],
    'Slices by outcome; reason is what held them back or cut them short.',
    'sum',
  ],
  overruns: [
    'counter',
    'overruns_total',
    OF_JOB,
    'Slices that took longer than their budget, with any outcome.',
    'sum',
  ],
  gatedLooks: [
    'counter',
    'gated_looks_total',
    [...OF_JOB, 'reason'],
    'Slices of the agenda that were held back. They are included in the gated ones of slices_total.',
    'sum',
  ],
  items: ['counter', 'items_total', OF_JOB, 'Items done, by slices that report them.', 'sum'],
  rate: [
    'gauge',
    'rate',
    [...OF_JOB, 'kind'],
    'Share of enlistments that carry a slice of the job: as declared, and after back-off.',
    'average',
  ],
  paused: ['gauge', 'paused', OF_JOB, '1 while the job is paused.', 'min'],
  backlog: ['gauge', 'backlog', OF_JOB, 'Waiting items, if the job reports them.', 'max'],
  lastWork: [
    'gauge',
    'last_work_timestamp_seconds',
    OF_JOB,
    'When a slice of the job last did work; absent before the first.',
    'max',
  ],
  installed: ['gauge', 'installed_timestamp_seconds', OF_JOB, 'When the job was installed.', 'min'],
  expected: [
    'gauge',
    'expect_work_within_seconds',
    OF_JOB,
    'Time within which the job is expected to do work, if configured.',
    'min',
  ],
  inFlight: ['gauge', 'in_flight', OF_RECRUITER, 'Slices in flight.', 'sum'],
  utilization: [
    'gauge',
    'event_loop_utilization',
    OF_RECRUITER,
    'Event-loop utilization as the load gate measures it.',
    'max',
  ],
} as const;

/** The histogram, which observes each slice. */
const DURATION = ['histogram', 'slice_duration_seconds', OF_JOB, 'Duration of slices.'] as const;

const OF_CACHE = ['cache'] as const;

/** The counters of caches. */
const CACHES = CACHE_METRICS.map(
  ({ stat, name, help }) => [stat, ['counter', `cache_${name}_total`, OF_CACHE, `${help}.`, 'sum']] as const,
);

/** The gauges of jobs with `every`. */
const PASSES = PASS_METRICS.map(({ figure, name, unit, help }) => {
  const suffix = unit === 's' ? '_seconds' : '';
  const definition = ['gauge', name.replace('.', '_') + suffix, OF_JOB, `${help}.`, 'max'] as const;
  return [figure, definition] as const;
});

const ALL = [...Object.values(READ), DURATION, ...[...CACHES, ...PASSES].map(([, definition]) => definition)];

/** The metrics of one registry. */
export type MetricSet = Readonly<Record<keyof typeof READ, Series>> & {
  readonly passes: Readonly<Record<keyof PassFigures, Series>>;
  readonly caches: Readonly<Record<keyof CacheStats, Series>>;
  readonly duration: Histogram<(typeof OF_JOB)[number]>;
};

/** Creates all metrics in a registry, where their names must be free. Each calls `collect` before it is read. */
export function createMetrics(
  registry: PrometheusRegistry,
  prefix: string,
  buckets: readonly number[],
  collect: () => void,
): MetricSet {
  const seriesOf = (all: readonly (readonly [string, Definition])[]) =>
    all.map(([key, [type, name, labelNames, help, aggregator]]) => {
      const definition = { type, name: nameOf(prefix, name), labelNames, help, aggregator };
      return [key, new Series(definition, collect).registerIn(registry)] as const;
    });
  const series = seriesOf(Object.entries(READ));
  const [, name, labelNames, help] = DURATION;
  const config = { name: nameOf(prefix, name), help, labelNames, buckets: [...buckets] };
  const duration = new Histogram({ ...config, registers: [registry] });
  const caches = Object.fromEntries(seriesOf(CACHES));
  const passes = Object.fromEntries(seriesOf(PASSES));
  return Object.fromEntries([
    ...series,
    ['duration', duration],
    ['caches', caches],
    ['passes', passes],
  ]) as MetricSet;
}

/** The names of all metrics under a prefix. */
export function metricNames(prefix: string): string[] {
  return ALL.map(([, name]) => nameOf(prefix, name));
}

/** Problems with names that the registry already has, one sentence each. */
export function nameProblems(registry: PrometheusRegistry, prefix: string): string[] {
  return ALL.flatMap(([type, suffix, labels]) => {
    const name = nameOf(prefix, suffix);
    const held: unknown = registry.getSingleMetric(name);
    if (held === undefined) return [];
    const ours = describe(type, labels);
    return (
      `the registry already holds "${name}", ${describeHeld(held)}, which is not from this module, whose metric would be ${ours}; ` +
      `use another prefix or registry`
    );
  });
}

function describeHeld(metric: unknown): string {
  const { type, labelNames } = metric as { type?: unknown; labelNames?: readonly unknown[] };
  return describe(String(type), labelNames ?? []);
}

function describe(type: string, labels: readonly unknown[]): string {
  return `a ${type} ${labels.length === 0 ? 'without labels' : `by ${labels.join(', ')}`}`;
}

function nameOf(prefix: string, name: string): string {
  return `${prefix}work_stealing_${name}`;
}
