import { describeValue } from '../options/describe-value.js';
import type { JobError } from './record/job-record.js';
import type { GatedReport, SliceReport } from './slice/slice.js';

/** Something went wrong that no request may see. */
export interface RecruiterError {
  /** The recruiter's name. */
  readonly recruiter: string;
  /** The job, where it was one's slice; undefined for a `when`, a listener or a random source that failed. */
  readonly jobId?: string;
  /** What was going on, for a reader: `the slice`, `when of Films.page()`. */
  readonly where: string;
  /** The error as it is kept. */
  readonly error: JobError;
  /** What was thrown. */
  readonly cause: unknown;
}

/** Reports what no request may see; a `warning` where nothing failed. */
export type ReportError = (cause: unknown, where: string, reason?: 'error' | 'warning') => void;

/** What a slice did that settled after twice its budget. */
export interface LateReport {
  /** The id under which the job is installed. */
  readonly jobId: string;
  /** How long it took in all: ms. */
  readonly duration: number;
  /** Items done, where it counted them. */
  readonly done?: number | undefined;
}

/** What a recruiter tells its listeners, by event. */
export interface RecruiterEvents {
  /** A slice has ended, whatever came of it, `gated` excepted. */
  slice: SliceReport;
  /** A drawn slice was not run. */
  gated: GatedReport;
  /** A slice that had been given up settled after all: what it did counts, though its outcome stands. */
  late: LateReport;
  /** A slice failed or was cut short, or something beside a slice failed. */
  error: RecruiterError;
  /** A job's declared or effective rate has changed. */
  rate: { readonly jobId: string; readonly rate: number; readonly effectiveRate: number };
}

type Listener<E extends keyof RecruiterEvents> = (event: RecruiterEvents[E]) => void;

/** Listeners by event. What nobody listens to costs nothing, and a listener that throws or rejects harms nobody. */
export class Listeners {
  readonly #byEvent: { [E in keyof RecruiterEvents]: Set<Listener<E>> } = {
    slice: new Set(),
    gated: new Set(),
    late: new Set(),
    error: new Set(),
    rate: new Set(),
  };

  constructor(private readonly onThrow: (error: unknown, event: string) => void) {}

  /** @throws TypeError for an unknown event, or a listener that is no function. */
  add<E extends keyof RecruiterEvents>(event: E, listener: Listener<E>): () => void {
    const isKnown = typeof event === 'string' && Object.hasOwn(this.#byEvent, event);
    const listeners = isKnown ? this.#byEvent[event] : undefined;
    if (listeners === undefined) {
      throw new TypeError(
        `Unknown event ${describeValue(event)}; known are slice, gated, late, error and rate`,
      );
    }
    if (typeof listener !== 'function') throw new TypeError(`The listener of "${event}" is not a function`);
    // Each registration is its own: the same function added twice is called twice and undone one by one.
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
    // A failing 'error' listener has nobody left to tell.
    if (event !== 'error') this.onThrow(error, event);
  }
}
