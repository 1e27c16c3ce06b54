import type { SliceResult } from '../../recruiter/job.js';
import { Duty } from '../../recruiter/job.js';
import { hadItsShare, isClosing, isServersFault } from '../lua/blame.js';
import type { BatchSize } from './batch-size.js';
import { decodeCursor, type Cursor } from './cursor.js';
import type { ResolvedCursorJobOptions } from './cursor-job.options.js';
import type { CursorSlice } from './cursor-slice.js';
import type { Claim, CursorStore } from './cursor-store.js';
import { deadRecord, messageOf } from './dead-item.js';
import { limitAfterSuccess, nextAttempt, type NextAttempt } from './next-attempt.js';
import { checkPage, type CheckedPage, type Page } from './page.js';

/** What the job's author brings. */
export interface Callbacks<T, C extends Cursor> {
  fetch(cursor: C | undefined, limit: number, slice: CursorSlice): Page<T, C> | Promise<Page<T, C>>;
  process(items: readonly T[], slice: CursorSlice): number | void | Promise<number | void>;
  nameOf(item: T): string;
  mayExceed(): boolean;
}

/** What came of the items of a page: how many were changed, and records of those that are set aside. */
interface Processed {
  readonly changed: number;
  readonly dead: readonly string[];
}

/**
 * One step of a pass: fetches the batch that follows the cursor, processes it, and moves the cursor past it.
 *
 * A failure is blamed on the items of the batch, but for four cases: `fetch` failed; the slice was over before `process`
 * began, or `fetch` had taken most of its time; the application closes; a server can do nothing of the kind now.
 */
export class BatchStep<T, C extends Cursor> {
  constructor(
    private readonly name: string,
    private readonly store: CursorStore,
    private readonly options: ResolvedCursorJobOptions,
    private readonly batch: BatchSize,
    private readonly callbacks: Callbacks<T, C>,
  ) {}

  /**
   * @param sliceBegun - when the slice was: by `performance.now()`.
   * @throws whatever the callbacks throw, when the place is given back for another attempt.
   */
  async run(claim: Claim, slice: CursorSlice, sliceBegun: number): Promise<SliceResult> {
    const { signal } = slice;
    // The process may be gone before its batch ends.
    const excuse = () => {
      if (isClosing(slice)) this.store.excuse(claim).catch(() => undefined);
    };
    signal.addEventListener('abort', excuse, { once: true });
    try {
      return await this.#run(claim, slice, sliceBegun);
    } finally {
      signal.removeEventListener('abort', excuse);
    }
  }

  async #run(claim: Claim, slice: CursorSlice, sliceBegun: number): Promise<SliceResult> {
    const begun = performance.now();
    const page = await this.#fetch(claim, slice);
    const processed = await this.#process(page.items, claim, slice, sliceBegun);
    const done = page.items.length;
    const elapsed = performance.now() - begun;
    this.batch.learn(claim.limit, done, elapsed);
    const limit = limitAfterSuccess(claim.limit, this.batch.limit, elapsed <= slice.timeRemaining());
    const moved = await this.store.move(claim, { next: page.next, done, limit, ...processed }, slice);
    if (moved === undefined) return Duty.DISMISSED;
    // A cursor that has moved is a step of work, though its page had no items.
    return { done: done === 0 && moved.isMore ? 1 : done, more: moved.isMore };
  }

  async #fetch(claim: Claim, slice: CursorSlice): Promise<CheckedPage<T>> {
    const { cursor, limit } = claim;
    const begun = performance.now();
    try {
      slice.signal.throwIfAborted();
      const page = await this.callbacks.fetch(decodeCursor(cursor) as C | undefined, limit, slice);
      const checked = checkPage<T>(page, cursor, limit > 1 && this.callbacks.mayExceed() ? Infinity : limit);
      if (slice.signal.aborted && checked.items.length > 0) throw this.#lateFetch(claim, slice, begun);
      return checked;
    } catch (error) {
      if (slice.signal.aborted) this.batch.learn(limit, limit, performance.now() - begun);
      return this.#failBlameless(claim, slice, error);
    }
  }

  async #process(
    items: readonly T[],
    claim: Claim,
    slice: CursorSlice,
    sliceBegun: number,
  ): Promise<Processed> {
    if (items.length === 0) return { changed: 0, dead: [] };
    const isAlone = claim.limit === 1;
    const { attempts, retryDelay } = this.options;
    if (isAlone && claim.failures >= attempts) return this.#setAside(items, claim.error);
    const begun = performance.now();
    try {
      return { changed: countOf(await this.callbacks.process(items, slice)), dead: [] };
    } catch (error) {
      if (isClosing(slice) || isServersFault(error)) return this.#failBlameless(claim, slice, error);
      const hadShare = hadItsShare(slice, sliceBegun, begun);
      if (isAlone && hadShare && claim.failures === attempts - 1) return this.#setAside(items, error);
      this.batch.learn(items.length, items.length, Infinity);
      const next = nextAttempt(Math.min(items.length, claim.limit), claim.failures, retryDelay);
      const { failures } = hadShare ? next : claim;
      await this.#giveBack(claim, { ...next, failures }, error, slice);
      throw error;
    }
  }

  #setAside(items: readonly T[], error: unknown): Processed {
    const nameOf = (item: T) => this.callbacks.nameOf(item);
    return { changed: 0, dead: items.map((item) => deadRecord(item, error, nameOf)) };
  }

  /** A batch that has come too late to be processed. */
  #lateFetch({ limit }: Claim, slice: CursorSlice, begun: number): Error {
    if (isClosing(slice)) return slice.signal.reason as Error;
    return new Error(
      `fetch() of "${this.name}" took ${Math.round(performance.now() - begun)} ms for up to ${limit} items, and its slice ` +
        `was over before process() could begin; no item is blamed. Make the source faster, make batch smaller, or give ` +
        `the job a larger budget.`,
      { cause: slice.signal.reason },
    );
  }

  /** No item is to blame: nothing is counted against the place. */
  async #failBlameless(claim: Claim, slice: CursorSlice, error: unknown): Promise<never> {
    const { limit, failures } = claim;
    if (isClosing(slice)) await this.#giveBack(claim, { limit, failures, wait: 0 }, claim.error, slice);
    else await this.#giveBack(claim, { limit, failures, wait: this.options.retryDelay }, error, slice);
    throw error;
  }

  async #giveBack(claim: Claim, attempt: NextAttempt, error: unknown, slice: CursorSlice): Promise<void> {
    try {
      await this.store.giveBack(claim, attempt, messageOf(error), slice);
    } catch {
      // The lease ends by itself, and the error that brought us here matters more.
    }
  }
}

/** What is no count counts as none told: plain JavaScript may return anything. */
function countOf(changed: number | void): number {
  return Number.isSafeInteger(changed) && Number(changed) > 0 ? Number(changed) : 0;
}
