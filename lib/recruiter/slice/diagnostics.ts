import { AsyncResource } from 'node:async_hooks';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { Listeners, RecruiterEvents } from '../events.js';
import type { DrawnSlice, Instruments, SliceWatch } from './instruments.js';
import type { GatedReport, SliceReport } from './slice.js';

/**
 * Message of the channels `work-stealing:drawn` and `tracing:work-stealing:slice:*`: the same object from the draw to the end
 * of the slice, so that subscribers can keep their state of it in a WeakMap.
 */
export interface SliceMessage extends DrawnSlice {
  /** Result of the slice; set on `asyncStart`, `asyncEnd` and `error`. */
  report?: SliceReport;
  /** Value that the job threw, or undefined if the slice was aborted and threw nothing; set on `error`. */
  error?: unknown;
}

/** Message of the channel `work-stealing:gated`. */
export interface GatedMessage {
  /** Name of the recruiter. */
  readonly recruiter: string;
  /** The slice that was held back, and the reason. */
  readonly report: GatedReport;
}

/** Message of the channel `work-stealing:rate`. */
export interface RateMessage {
  /** Name of the recruiter. */
  readonly recruiter: string;
  /** Id of the job in that recruiter. */
  readonly jobId: string;
  /** The new declared rate: 0 to 1. */
  readonly rate: number;
  /** The new rate after back-off: 0 to 1. */
  readonly effectiveRate: number;
}

const drawnChannel = channel('work-stealing:drawn');
const slices = tracingChannel<unknown, SliceMessage>('work-stealing:slice');
const gatedChannel = channel('work-stealing:gated');
const rateChannel = channel('work-stealing:rate');

/** Publishes the events of a recruiter to `node:diagnostics_channel`, if there are subscribers. */
export function publishDiagnostics(recruiter: string, listeners: Listeners, instruments: Instruments): void {
  instruments.add(watchSlice);
  listeners.add('gated', (report) => {
    if (gatedChannel.hasSubscribers) gatedChannel.publish({ recruiter, report } satisfies GatedMessage);
  });
  listeners.add('rate', ({ jobId, rate, effectiveRate }: RecruiterEvents['rate']) => {
    if (!rateChannel.hasSubscribers) return;
    rateChannel.publish({ recruiter, jobId, rate, effectiveRate } satisfies RateMessage);
  });
}

function watchSlice(drawn: DrawnSlice): SliceWatch | undefined {
  if (!drawnChannel.hasSubscribers && !slices.hasSubscribers) return undefined;
  const message: SliceMessage = { ...drawn };
  drawnChannel.publish(message);
  return new TracedSlice(message);
}

/** The events of one slice, in the order and the contexts of `TracingChannel.tracePromise`. */
class TracedSlice implements SliceWatch {
  /** The async context of the slice, which the stores bound to the channel have created. */
  #within: AsyncResource | undefined;

  constructor(private readonly message: SliceMessage) {}

  run(slice: () => void): void {
    slices.start.runStores(this.message, () => {
      // Not AsyncLocalStorage.snapshot(): that takes 15 µs.
      this.#within = new AsyncResource('WorkStealingSlice', { requireManualDestroy: true });
      slice();
      slices.end.publish(this.message);
    });
  }

  ended(report: SliceReport): void {
    const { message } = this;
    message.report = report;
    this.#within?.runInAsyncScope(() => {
      if (report.outcome === 'failed' || report.outcome === 'aborted') {
        message.error = report.error;
        slices.error.publish(message);
      }
      slices.asyncStart.publish(message);
      slices.asyncEnd.publish(message);
    });
  }
}
