import { outsideContext } from './outside-context.js';
import type { SliceOrigin, SliceReport } from './slice.js';

/** A slice that has passed the gates and is about to run. */
export interface DrawnSlice {
  /** Name of the recruiter. */
  readonly recruiter: string;
  /** Id of the job in that recruiter. */
  readonly jobId: string;
  /** What started it. */
  readonly origin: SliceOrigin;
  /** Name of the method that runs it, as in a stack trace: `Films.prune`; undefined for an object without a class. */
  readonly functionName?: string | undefined;
}

/** The properties of a job that {@link Instruments} pass on. */
interface Named {
  readonly id: string;
  readonly functionName: string | undefined;
}

/** Follows one slice. An error that a method throws becomes an `error` event, and the slice runs nevertheless. */
export interface SliceWatch {
  /**
   * Must call `slice` once, before it returns, in the async context in which the job should run. `slice` returns when the job
   * has reached its first `await`, and never throws. Also called for a slice that fails before its job is called, because
   * its lease could not be requested.
   */
  run(slice: () => void): void;
  /** Receives the result of the slice, after {@link run}. Not called for a slice that was gated after its draw. */
  ended(report: SliceReport): void;
}

/**
 * Called when a slice is drawn, in the async context of the enlistment; outside of any context if the agenda started it.
 * Returns an observer of the slice, or undefined.
 */
export type SliceInstrument = (drawn: DrawnSlice) => SliceWatch | undefined;

/** The instruments of one recruiter. A dismissed enlistment does not reach them. */
export class Instruments {
  readonly #all = new Set<SliceInstrument>();

  constructor(
    private readonly recruiter: string,
    private readonly reportError: (error: unknown) => void,
  ) {}

  /** @throws TypeError when it is not a function. */
  add(instrument: SliceInstrument): () => void {
    if (typeof instrument !== 'function') throw new TypeError('The instrument is not a function');
    // Registrations are independent, as with listeners.
    const added: SliceInstrument = (drawn) => instrument(drawn);
    this.#all.add(added);
    return () => void this.#all.delete(added);
  }

  /** Must be called as soon as the slice is drawn. Undefined if no instrument follows it. */
  drawn(job: Named, origin: SliceOrigin): CombinedWatch | undefined {
    // The timer may have been set in the context of an unrelated request.
    return origin === 'agenda' ? outsideContext(() => this.#ask(job, origin)) : this.#ask(job, origin);
  }

  #ask({ id: jobId, functionName }: Named, origin: SliceOrigin): CombinedWatch | undefined {
    const drawn: DrawnSlice = { recruiter: this.recruiter, jobId, origin, functionName };
    const all: SliceWatch[] = [];
    for (const instrument of this.#all) {
      const watch = guarded(() => instrument(drawn), this.reportError);
      if (watch !== undefined) all.push(watch);
    }
    return all.length === 0 ? undefined : new CombinedWatch(all, this.reportError);
  }
}

/** All watches of one slice; the first is the outermost. */
export class CombinedWatch {
  #hasRun = false;

  constructor(
    private readonly all: readonly SliceWatch[],
    private readonly reportError: (error: unknown) => void,
  ) {}

  /** Calls `begin` exactly once, inside all watches, and returns its result. */
  run<T>(begin: () => T): T {
    this.#hasRun = true;
    return this.all.reduceRight((inner, watch) => () => this.#within(watch, inner), begin)();
  }

  ended(report: SliceReport): void {
    if (!this.#hasRun) this.run(() => undefined);
    for (const watch of this.all.toReversed()) guarded(() => watch.ended(report), this.reportError);
  }

  #within<T>(watch: SliceWatch, begin: () => T): T {
    let begun: { readonly value: T } | undefined;
    const once = () => (begun ??= { value: begin() });
    guarded(() => watch.run(() => void once()), this.reportError);
    return once().value;
  }
}

function guarded<T>(call: () => T, reportError: (error: unknown) => void): T | undefined {
  try {
    const returned = call();
    if (returned instanceof Promise) returned.catch(reportError);
    return returned;
  } catch (error) {
    reportError(error);
    return undefined;
  }
}
