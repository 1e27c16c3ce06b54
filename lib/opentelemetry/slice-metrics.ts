import { metrics, type MeterProvider } from '@opentelemetry/api';
import type { SliceReport } from '../recruiter/slice/slice.js';
import { BoundMetrics, type Subject } from './bound-metrics.js';

/**
 * The metrics of one application with the present meter provider.
 *
 * OpenTelemetry's API has a proxy for tracers but none for meters: instruments created before the registration of an SDK
 * would never measure anything. So each slice checks whether the global provider has changed.
 */
export class SliceMetrics {
  #bound: BoundMetrics | undefined;
  readonly #undo: (() => void)[];

  constructor(
    private readonly configured: MeterProvider | undefined,
    private readonly subject: Subject,
  ) {
    this.#undo = subject.recruiters.flatMap((recruiter) => [
      recruiter.on('slice', (report) => this.#record(recruiter.name, report)),
      recruiter.on('gated', () => void this.bind()),
    ]);
    this.bind();
  }

  /** Returns the metrics of the present provider. */
  bind(): BoundMetrics {
    const provider = this.configured ?? metrics.getMeterProvider();
    if (provider === this.#bound?.provider) return this.#bound;
    this.#bound?.release();
    this.#bound = new BoundMetrics(provider, this.subject);
    return this.#bound;
  }

  close(): void {
    for (const undo of this.#undo) undo();
    this.bind().releaseAfterCollection();
  }

  #record(recruiter: string, report: SliceReport): void {
    this.bind().record(recruiter, report);
  }
}
