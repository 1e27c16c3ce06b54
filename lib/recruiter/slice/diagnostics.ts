import { AsyncResource } from 'node:async_hooks';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { Listeners, RecruiterEvents } from '../events.js';
import type { DrawnSlice, Instruments, SliceWatch } from './instruments.js';
import type { GatedReport, SliceReport } from './slice.js';

/**
 * What the channels `work-stealing:drawn` and `tracing:work-stealing:slice:*` carry: one and the same object from the
 * draw to the end of the slice, so subscribers can keep what they know of it in a WeakMap.
 */
export interface SliceMessage extends DrawnSlice {
  /** What came of it: on `asyncStart`, `asyncEnd` and `error`. */
  report?: SliceReport;
  /** What the job threw, or undefined where the slice was cut short without: on `error`. */
  error?: unknown;
}

/** What the channel `work-stealing:gated` carries. */
export interface GatedMessage {
  /** The recruiter's name. */
  readonly recruiter: string;
  /** Which slice was held back, and by what. */
  readonly report: GatedReport;
}

/** What the channel `work-stealing:rate` carries. */
export interface RateMessage {
  /** The recruiter's name. */
  readonly recruiter: string;
  /** The job's name in it. */
  readonly jobId: string;
  /** Its declared rate now: 0 to 1. */
  readonly rate: number;
  /** Its rate after back-off now: 0 to 1. */
  readonly effectiveRate: number;
}

const drawnChannel = channel('work-stealing:drawn');
const slices = tracingChannel<unknown, SliceMessage>('work-stealing:slice');
const gatedChannel = channel('work-stealing:gated');
const rateChannel = channel('work-stealing:rate');

/** Tells `node:diagnostics_channel` what a recruiter does, where somebody subscribes. */
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
  /** The context that the stores bound to the channel made for the slice. */
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
