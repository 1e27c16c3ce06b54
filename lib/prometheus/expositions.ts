import type { Metric, Registry } from 'prom-client';
import { describeValue } from '../options/describe-value.js';
import { Exposition } from './exposition.js';
import { metricNames, nameProblems } from './metric-set.js';
import type { PrometheusRegistry } from './prometheus.options.js';

interface Kept {
  readonly exposition: Exposition;
  /** Its metrics by name. */
  readonly metrics: ReadonlyMap<string, unknown>;
}

/** Expositions by registry and prefix, so that applications of one process share them. */
const kept = new WeakMap<PrometheusRegistry, Map<string, Kept>>();

/** Returns the exposition of a registry under a prefix, which may be new; or the problems that prevent it, one sentence each. */
export function expositionIn(
  registry: PrometheusRegistry,
  prefix: string,
  buckets: readonly number[],
): Exposition | string[] {
  const ours = kept.get(registry) ?? keepIn(registry);
  const before = ours.get(prefix);
  if (before !== undefined && isWhole(registry, before)) {
    if (sameNumbers(before.exposition.buckets, buckets)) return before.exposition;
    if (before.exposition.isUsed) return [bucketProblem(before.exposition.buckets, buckets)];
  }
  if (before !== undefined) remove(registry, before);
  const problems = nameProblems(registry, prefix);
  if (problems.length > 0) return problems;
  const exposition = new Exposition(registry, prefix, buckets);
  const metrics = metricNames(prefix).map((name) => [name, registry.getSingleMetric(name)] as const);
  ours.set(prefix, { exposition, metrics: new Map(metrics) });
  return exposition;
}

/**
 * `registry.clear()` also removes the metrics of running applications, which would silently be missing until the next start.
 * So it is replaced: metrics in use are registered again, with counters at 0.
 */
function keepIn(registry: PrometheusRegistry): Map<string, Kept> {
  const ours = new Map<string, Kept>();
  kept.set(registry, ours);
  const clear = registry.clear.bind(registry);
  registry.clear = () => {
    clear();
    for (const [prefix, each] of ours) {
      if (each.exposition.isUsed) registerAgain(registry, each);
      else ours.delete(prefix);
    }
  };
  return ours;
}

function registerAgain(registry: PrometheusRegistry, { metrics }: Kept): void {
  for (const [name, metric] of metrics as ReadonlyMap<string, Metric & { name: string }>) {
    // A registry for OpenMetrics has removed the suffix.
    metric.name = name;
    (registry as Registry).registerMetric(metric);
    metric.reset();
  }
}

/** Whether the registry still has all its metrics. */
function isWhole(registry: PrometheusRegistry, { metrics }: Kept): boolean {
  return [...metrics].every(([name, metric]) => registry.getSingleMetric(name) === metric);
}

function remove(registry: PrometheusRegistry, { metrics }: Kept): void {
  for (const [name, metric] of metrics) {
    if (registry.getSingleMetric(name) === metric) registry.removeSingleMetric(name);
  }
}

function bucketProblem(theirs: readonly number[], ours: readonly number[]): string {
  return (
    `buckets is ${describeValue(ours)}, but a running application shows its slices in the same registry ` +
    `with ${describeValue(theirs)}; use the same for both, or another prefix or registry`
  );
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, i) => number === b[i]);
}
