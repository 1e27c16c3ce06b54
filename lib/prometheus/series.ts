import type { Metric } from 'prom-client';
import type { PrometheusRegistry } from './prometheus.options.js';

type Labels = Readonly<Record<string, string>>;

/** One value of a metric with its labels. */
export interface Sample {
  value: number;
  readonly labels: Labels;
  /** Labels shared with other samples: prom-client formats each such object only once. */
  readonly sharedLabels: Labels;
}

/** Definition of a metric. */
export interface SeriesDefinition {
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly help: string;
  /** How prom-client aggregates the values of a cluster. */
  readonly aggregator: string;
}

/**
 * A metric whose samples are set when the registry collects them. The counters and gauges of prom-client find each value by a
 * string of its labels, which with hundreds of jobs takes longer than all the rest.
 */
export class Series implements SeriesDefinition {
  readonly type: 'counter' | 'gauge';
  /** Not readonly: a registry for OpenMetrics removes the suffix `_total`. */
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

  /** A registry accepts any object with the methods of a metric. */
  registerIn(registry: PrometheusRegistry): this {
    registry.registerMetric(this as unknown as Metric);
    return this;
  }

  /** For the registry's text format. */
  async getForPromString() {
    this.collect();
    const { name, help, type, aggregator, samples } = this;
    return { name, help, type, aggregator, values: samples };
  }

  /** For the registry's JSON, and for reading a single metric. */
  async get() {
    const read = await this.getForPromString();
    const values = read.values.map(({ value, labels, sharedLabels }) => ({
      value,
      labels: { ...sharedLabels, ...labels },
    }));
    return { ...read, values };
  }

  /** Sets counters to 0, for `registry.resetMetrics()`; gauges keep their present values. */
  reset(): void {
    this.collect();
    if (this.type === 'counter') for (const sample of this.samples) sample.value = 0;
  }
}
