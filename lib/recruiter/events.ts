import { describeValue } from '../options/describe-value.js';
import type { JobError } from './record/job-record.js';
import type { GatedReport, SliceReport } from './slice/slice.js';

/** An error of a job, a callback or the recruiter itself. It never reaches a request. */
export interface RecruiterError {
  /** Name of the recruiter. */
  readonly recruiter: string;
  /** The job, if a slice failed; undefined when a `when`, a listener or a random source failed. */
  readonly jobId?: string;
  /** Where it happened, for a reader: `a slice`, `when of Films.page()`. */
  readonly where: string;
  /** The error in the form in which it is kept. */
  readonly error: JobError;
  /** The thrown value. */
  readonly cause: unknown;
}

/** Reports an error that must not reach a request; with `warning`, a condition without a failure. */
export type ReportError = (cause: unknown, where: string, reason?: 'error' | 'warning') => void;

/** A slice that settled after the recruiter had stopped waiting for it. */
export interface LateReport {
  /** Id under which the job is installed. */
  readonly jobId: string;
  /** Time from its start until it settled: ms. */
  readonly duration: number;
  /** Items done, if the slice counted them. */
  readonly done?: number | undefined;
}

/** The events of a recruiter, with the payload of each. */
export interface RecruiterEvents {
  /** A slice has ended, with any outcome except `gated`. */
  slice: SliceReport;
  /** A slice was drawn, due or requested, but not run. */
  gated: GatedReport;
  /** A slice settled after it was reported as aborted: its items count, but its outcome stays. */
  late: LateReport;
  /** A slice failed or was aborted, or a callback failed. */
  error: RecruiterError;
  /** The declared or effective rate of a job has changed. */
  rate: { readonly jobId: string; readonly rate: number; readonly effectiveRate: number };
}

type Listener<E extends keyof RecruiterEvents> = (event: RecruiterEvents[E]) => void;

/** Listeners by event. An event without listeners costs nothing; a listener that throws or rejects affects no other. */
export class Listeners {
  readonly #byEvent: { [E in keyof RecruiterEvents]: Set<Listener<E>> } = {
    slice: new Set(),
    gated: new Set(),
    late: new Set(),
    error: new Set(),
    rate: new Set(),
  };

  constructor(private readonly onThrow: (error: unknown, event: string) => void) {}

  /** @throws TypeError for an unknown event, or a listener that is not a function. */
  add<E extends keyof RecruiterEvents>(event: E, listener: Listener<E>): () => void {
    const isKnown = typeof event === 'string' && Object.hasOwn(this.#byEvent, event);
    const listeners = isKnown ? this.#byEvent[event] : undefined;
    if (listeners === undefined) {
      throw new TypeError(
        `Unknown event ${describeValue(event)}; known are slice, gated, late, error and rate`,
      );
    }
    if (typeof listener !== 'function') throw new TypeError(`The listener of "${event}" is not a function`);
    // Registrations are independent: a function that is added twice is called twice, and removed one by one.
    const registered: Listener<E> = (payload) => listener(payload);
    listeners.add(registered);
    return () => void listeners.delete(registered);
  }

  emit<E extends keyof RecruiterEvents>(event: E, payload: RecruiterEvents[E]): void {
    for (const listener of this.#byEvent[event]) {
      try {
        const returned: unknown = listener(payload);
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#failed(error, event));
      } catch (error) {
        this.#failed(error, event);
      }
    }
  }

  #failed(error: unknown, event: string): void {
    // A failing 'error' listener cannot be reported anywhere.
    if (event !== 'error') this.onThrow(error, event);
  }
}
