import { metrics, type MeterProvider } from '@opentelemetry/api';
import type { SliceReport } from '../recruiter/slice/slice.js';
import { BoundMetrics, type Subject } from './bound-metrics.js';

/**
 * The metrics of one application with whichever meter provider is in force.
 *
 * OpenTelemetry's API has a proxy for tracers but none for meters: instruments made before the SDK was registered would
 * measure nothing for ever. So each slice looks whether the global provider is another by now.
 */
export class SliceMetrics {
  #bound: BoundMetrics | undefined;
  readonly #undo: (() => void)[];

  constructor(
    private readonly given: MeterProvider | undefined,
    private readonly subject: Subject,
  ) {
    this.#undo = subject.recruiters.flatMap((recruiter) => [
      recruiter.on('slice', (report) => this.#record(recruiter.name, report)),
      recruiter.on('gated', () => void this.bind()),
    ]);
    this.bind();
  }

  /** Follows the provider that is in force now. */
  bind(): BoundMetrics {
    const provider = this.given ?? metrics.getMeterProvider();
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
