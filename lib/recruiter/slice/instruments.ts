import { outsideContext } from './outside-context.js';
import type { SliceOrigin, SliceReport } from './slice.js';

/** A slice that has passed the gates and is about to run. */
export interface DrawnSlice {
  /** The recruiter's name. */
  readonly recruiter: string;
  /** The job's name in it. */
  readonly jobId: string;
  /** What brought it about. */
  readonly origin: SliceOrigin;
  /** The method that does it, as a stack trace names it: `Films.prune`; undefined of an object without a class. */
  readonly functionName?: string | undefined;
}

/** What {@link Instruments} tell of a job. */
interface Named {
  readonly id: string;
  readonly functionName: string | undefined;
}

/** Watches one slice. Whatever it throws becomes an `error` event, and the slice runs all the same. */
export interface SliceWatch {
  /**
   * Calls `slice` once, before it returns, in the async context that the job is to run in. `slice` returns when the job
   * has reached its first `await`, and never throws. A slice that fails before its job is called (nobody grants
   * its lease) comes here too.
   */
  run(slice: () => void): void;
  /** Hears what came of the slice, after {@link run}; never of one that was gated after all, by its lease, say. */
  ended(report: SliceReport): void;
}

/**
 * Called when a slice is drawn, in the async context of whoever enlisted, or outside of any where nobody did. Returns
 * what is to watch the slice, if anything is.
 */
export type SliceInstrument = (drawn: DrawnSlice) => SliceWatch | undefined;

/** The instruments of one recruiter. An enlistment that is dismissed comes nowhere near them. */
export class Instruments {
  readonly #all = new Set<SliceInstrument>();

  constructor(
    private readonly recruiter: string,
    private readonly reportError: (error: unknown) => void,
  ) {}

  /** @throws TypeError when it is no function. */
  add(instrument: SliceInstrument): () => void {
    if (typeof instrument !== 'function') throw new TypeError('The instrument is not a function');
    // Each registration is its own, as with listeners.
    const added: SliceInstrument = (drawn) => instrument(drawn);
    this.#all.add(added);
    return () => void this.#all.delete(added);
  }

  /** To be called as soon as the slice is drawn; undefined where nobody watches it. */
  drawn(job: Named, origin: SliceOrigin): Watches | undefined {
    // A timer may have been set in the context of a request that has nothing to do with this slice.
    return origin === 'agenda' ? outsideContext(() => this.#ask(job, origin)) : this.#ask(job, origin);
  }

  #ask({ id: jobId, functionName }: Named, origin: SliceOrigin): Watches | undefined {
    const drawn: DrawnSlice = { recruiter: this.recruiter, jobId, origin, functionName };
    const watches: SliceWatch[] = [];
    for (const instrument of this.#all) {
      const watch = guarded(() => instrument(drawn), this.reportError);
      if (watch !== undefined) watches.push(watch);
    }
    return watches.length === 0 ? undefined : new Watches(watches, this.reportError);
  }
}

/** Those who watch one slice, the first being the outermost. */
export class Watches {
  #hasRun = false;

  constructor(
    private readonly all: readonly SliceWatch[],
    private readonly reportError: (error: unknown) => void,
  ) {}

  /** Calls `begin` exactly once, within all of them, and answers what it returns. */
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
