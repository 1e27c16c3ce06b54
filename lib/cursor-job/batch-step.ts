import { Duty, type SliceResult } from '../recruiter/job.js';
import type { BatchSize } from './batch-size.js';
import { hadItsShare, isClosing } from './blame.js';
import { decodeCursor, type Cursor } from './cursor.js';
import type { CursorSlice } from './cursor-slice.js';
import type { Claim, CursorStore, Move } from './cursor-store.js';
import { deadRecord, messageOf } from './dead-item.js';
import { limitAfterSuccess, nextAttempt, type NextAttempt } from './next-attempt.js';
import { checkPage, type CheckedPage, type Page } from './page.js';
import type { ResolvedSweepOptions } from './sweep.options.js';

/** The parts of a resumable job that its author writes. */
export interface Callbacks<T, C extends Cursor, Context> {
  fetch(
    cursor: C | undefined,
    limit: number,
    slice: CursorSlice,
    context: Context,
  ): Page<T, C> | Promise<Page<T, C>>;
  process(items: readonly T[], slice: CursorSlice, context: Context): number | void | Promise<number | void>;
  total(): number | undefined | Promise<number | undefined>;
  nameOf(item: T): string;
  mayExceed(): boolean;
}

/** The outcome of processing a page: how many items were changed, and the records of items that are set aside. */
interface Processed {
  readonly changed: number;
  readonly dead: readonly string[];
}

/** Work that failed, and what follows once the store has undone it. */
class FailedWork extends Error {
  constructor(
    cause: unknown,
    readonly recover: () => Promise<SliceResult>,
  ) {
    super('The work failed', { cause });
  }
}

/**
 * One step of a sweep: fetches the batch that follows the cursor, processes it, and moves the cursor past it.
 *
 * A failure is blamed on the items of the batch, except in four cases:
 *
 * - `fetch` failed.
 * - The slice was over before `process` began, or `fetch` had taken most of its time.
 * - The application closes.
 * - A server cannot do such work now.
 */
export class BatchStep<T, C extends Cursor, Context> {
  constructor(
    private readonly name: string,
    private readonly store: CursorStore<Context>,
    private readonly options: ResolvedSweepOptions,
    private readonly batch: BatchSize,
    private readonly callbacks: Callbacks<T, C, Context>,
  ) {}

  /**
   * @param sliceBegun - when the slice began, by `performance.now()`.
   * @throws the error of a callback, after the place was given back for another attempt.
   */
  async run(claim: Claim, slice: CursorSlice, sliceBegun: number): Promise<SliceResult> {
    const { signal } = slice;
    // The process may be gone before its batch ends.
    const excuse = () => {
      if (isClosing(slice)) this.store.excuse(claim).catch(() => undefined);
    };
    signal.addEventListener('abort', excuse, { once: true });
    try {
      return await this.#advance(claim, slice, (context) => this.#work(claim, slice, sliceBegun, context));
    } catch (error) {
      if (error instanceof FailedWork) return await error.recover();
      throw error;
    } finally {
      signal.removeEventListener('abort', excuse);
    }
  }

  async #advance(
    claim: Claim,
    slice: CursorSlice,
    work: (context: Context) => Promise<Move>,
  ): Promise<SliceResult> {
    let done = 0;
    const noteDone = async (context: Context) => {
      const move = await work(context);
      done = move.done;
      return move;
    };
    const advanced = await this.store.advance(claim, noteDone, slice);
    // Another worker was faster. A pass goes on until a slice finds that nothing is left.
    if (advanced === undefined) return slice.pass === undefined ? Duty.DISMISSED : { done: 0, more: true };
    // A cursor that has moved is a step of work, though its page had no items.
    return { done: done === 0 && advanced.isMore ? 1 : done, more: advanced.isMore };
  }

  async #work(claim: Claim, slice: CursorSlice, sliceBegun: number, context: Context): Promise<Move> {
    const begun = performance.now();
    const page = await this.#fetch(claim, slice, context);
    const toMove = (processed: Processed) => this.#moveOf(claim, slice, page, processed, begun);
    if (page.items.length === 0) return toMove({ changed: 0, dead: [] });
    const isAlone = claim.limit === 1;
    if (isAlone && claim.failures >= this.options.attempts) {
      return toMove(this.#setAside(page.items, claim.error));
    }
    const processBegun = performance.now();
    try {
      const changed = await this.callbacks.process(page.items, slice, context);
      return toMove({ changed: countOf(changed), dead: [] });
    } catch (error) {
      if (isClosing(slice) || this.store.isServersFault(error)) throw this.#blameless(claim, slice, error);
      const hadShare = hadItsShare(slice, sliceBegun, processBegun);
      if (isAlone && hadShare && claim.failures === this.options.attempts - 1) {
        const setAside = () => Promise.resolve(toMove(this.#setAside(page.items, error)));
        throw new FailedWork(error, () => this.#advance(claim, slice, setAside));
      }
      throw this.#blameItems(claim, slice, page.items.length, hadShare, error);
    }
  }

  async #fetch(claim: Claim, slice: CursorSlice, context: Context): Promise<CheckedPage<T>> {
    const { cursor, limit } = claim;
    const begun = performance.now();
    try {
      slice.signal.throwIfAborted();
      const page = await this.callbacks.fetch(decodeCursor(cursor) as C | undefined, limit, slice, context);
      const checked = checkPage<T>(page, cursor, limit > 1 && this.callbacks.mayExceed() ? Infinity : limit);
      if (slice.signal.aborted && checked.items.length > 0) throw this.#lateFetch(claim, slice, begun);
      return checked;
    } catch (error) {
      if (slice.signal.aborted) this.batch.learn(limit, limit, performance.now() - begun);
      throw this.#blameless(claim, slice, error);
    }
  }

  #moveOf(
    claim: Claim,
    slice: CursorSlice,
    { items, next }: CheckedPage<T>,
    processed: Processed,
    begun: number,
  ): Move {
    const done = items.length;
    const elapsed = performance.now() - begun;
    this.batch.learn(claim.limit, done, elapsed);
    const limit = limitAfterSuccess(claim.limit, this.batch.limit, elapsed <= slice.timeRemaining());
    return { next, done, limit, ...processed };
  }

  #setAside(items: readonly T[], error: unknown): Processed {
    const nameOf = (item: T) => this.callbacks.nameOf(item);
    return { changed: 0, dead: items.map((item) => deadRecord(item, error, nameOf)) };
  }

  /** The error of a batch that was fetched too late to be processed. */
  #lateFetch({ limit }: Claim, slice: CursorSlice, begun: number): Error {
    if (isClosing(slice)) return slice.signal.reason as Error;
    return new Error(
      `fetch() of "${this.name}" took ${Math.round(performance.now() - begun)} ms for up to ${limit} items, and its slice ` +
        `was over before process() could begin; no item is blamed. Make the source faster, make batch smaller, or give ` +
        `the job a larger budget.`,
      { cause: slice.signal.reason },
    );
  }

  /** The batch is halved, or its only item has failed once more. */
  #blameItems(
    claim: Claim,
    slice: CursorSlice,
    count: number,
    hadShare: boolean,
    error: unknown,
  ): FailedWork {
    this.batch.learn(count, count, Infinity);
    const next = nextAttempt(Math.min(count, claim.limit), claim.failures, this.options.retryDelay);
    const { failures } = hadShare ? next : claim;
    return this.#givenBack(claim, { ...next, failures }, error, slice, error);
  }

  /** No item is to blame: nothing is counted against the place. */
  #blameless(claim: Claim, slice: CursorSlice, error: unknown): FailedWork {
    const { limit, failures } = claim;
    return isClosing(slice)
      ? this.#givenBack(claim, { limit, failures, wait: 0 }, claim.error, slice, error)
      : this.#givenBack(claim, { limit, failures, wait: this.options.retryDelay }, error, slice, error);
  }

  #givenBack(
    claim: Claim,
    attempt: NextAttempt,
    reason: unknown,
    slice: CursorSlice,
    error: unknown,
  ): FailedWork {
    return new FailedWork(error, async () => {
      try {
        await this.store.giveBack(claim, attempt, messageOf(reason), slice);
      } catch {
        // The lease ends by itself, and the error of the work matters more.
      }
      throw error;
    });
  }
}

/** Anything but a count is 0: plain JavaScript may return anything. */
function countOf(changed: number | void): number {
  return Number.isSafeInteger(changed) && Number(changed) > 0 ? Number(changed) : 0;
}
