import type { Metric } from 'prom-client';
import type { PrometheusRegistry } from './prometheus.options.js';

type Labels = Readonly<Record<string, string>>;

/** One line of the text that Prometheus reads, but for the metric's name. */
export interface Sample {
  value: number;
  readonly labels: Labels;
  /** Labels that this and other samples have in common: prom-client writes an object of them out only once. */
  readonly sharedLabels: Labels;
}

/** What makes a metric what it is. */
export interface SeriesDefinition {
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly help: string;
  /** What a cluster of processes comes to. */
  readonly aggregator: string;
}

/**
 * A metric whose samples are put here when the registry asks for them. prom-client's own counters and gauges look each
 * value up by a string made of its labels; with hundreds of jobs that takes longer than all the rest.
 */
export class Series implements SeriesDefinition {
  readonly type: 'counter' | 'gauge';
  /** Not readonly: a registry of OpenMetrics takes the suffix `_total` off. */
  name: string;
  readonly labelNames: readonly string[];
  readonly help: string;
  readonly aggregator: string;
  samples: readonly Sample[] = [];

  constructor(
    definition: SeriesDefinition,
    readonly collect: () => void,
  ) {
    this.type = definition.type;
    this.name = definition.name;
    this.labelNames = definition.labelNames;
    this.help = definition.help;
    this.aggregator = definition.aggregator;
  }

  /** A registry knows its metrics by what they can do, not by their class. */
  registerIn(registry: PrometheusRegistry): this {
    registry.registerMetric(this as unknown as Metric);
    return this;
  }

  /** For the registry's text. */
  async getForPromString() {
    this.collect();
    const { name, help, type, aggregator, samples } = this;
    return { name, help, type, aggregator, values: samples };
  }

  /** For the registry's JSON, and for whoever reads one metric. */
  async get() {
    const read = await this.getForPromString();
    const values = read.values.map(({ value, labels, sharedLabels }) => ({
      value,
      labels: { ...sharedLabels, ...labels },
    }));
    return { ...read, values };
  }

  /** Counters begin at 0 again, as `registry.resetMetrics()` says; what is read anew is as it is. */
  reset(): void {
    this.collect();
    if (this.type === 'counter') for (const sample of this.samples) sample.value = 0;
  }
}
