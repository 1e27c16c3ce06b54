import type { SliceResult } from '../../recruiter/job.js';
import { Duty } from '../../recruiter/job.js';
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

/** One stretch of the way: fetches what follows the cursor, processes it, and moves the cursor past it. */
export class Stretch<T, C extends Cursor> {
  constructor(
    private readonly store: CursorStore,
    private readonly options: ResolvedCursorJobOptions,
    private readonly batch: BatchSize,
    private readonly callbacks: Callbacks<T, C>,
  ) {}

  /** @throws whatever the callbacks throw, when the place is given back for another attempt. */
  async work(claim: Claim, slice: CursorSlice): Promise<SliceResult> {
    const begun = performance.now();
    const page = await this.#fetch(claim, slice);
    const processed = await this.#process(page.items, claim, slice);
    const done = page.items.length;
    this.batch.learn(claim.limit, done, performance.now() - begun);
    const limit = limitAfterSuccess(claim.limit, this.batch.limit);
    const isMoved = await this.store.move(claim, { next: page.next, done, limit, ...processed }, slice);
    return isMoved ? resultOf(done, page.next) : Duty.DISMISSED;
  }

  async #fetch(claim: Claim, slice: CursorSlice): Promise<CheckedPage<T>> {
    const { cursor, limit } = claim;
    try {
      slice.signal.throwIfAborted();
      const page = await this.callbacks.fetch(decodeCursor(cursor) as C | undefined, limit, slice);
      return checkPage<T>(page, cursor, this.callbacks.mayExceed() ? Infinity : limit);
    } catch (error) {
      // No item is to blame: nothing is counted against the place.
      const attempt = { limit, failures: claim.failures, wait: this.options.retryDelay };
      await this.#giveBack(claim, attempt, error, slice);
      throw error;
    }
  }

  async #process(items: readonly T[], claim: Claim, slice: CursorSlice): Promise<Processed> {
    if (items.length === 0) return { changed: 0, dead: [] };
    const isAlone = claim.limit === 1;
    const { attempts, retryDelay } = this.options;
    if (isAlone && claim.failures >= attempts) return this.#setAside(items, claim.error);
    const isLast = isAlone && claim.failures === attempts - 1;
    try {
      if (isLast) return await this.#processEach(items, slice);
      slice.signal.throwIfAborted();
      return { changed: countOf(await this.callbacks.process(items, slice)), dead: [] };
    } catch (error) {
      if (isCutOff(slice)) {
        const attempt = { limit: claim.limit, failures: claim.failures, wait: 0 };
        await this.#giveBack(claim, attempt, error, slice);
        throw error;
      }
      this.batch.learn(items.length, items.length, Infinity);
      const count = Math.min(items.length, claim.limit);
      await this.#giveBack(claim, nextAttempt(count, claim.failures, retryDelay), error, slice);
      throw error;
    }
  }

  /** The last attempt: what fails now is set aside. */
  async #processEach(items: readonly T[], slice: CursorSlice): Promise<Processed> {
    let changed = 0;
    const dead: string[] = [];
    for (const item of items) {
      try {
        changed += countOf(await this.callbacks.process([item], slice));
      } catch (error) {
        if (isCutOff(slice)) throw error;
        dead.push(...this.#setAside([item], error).dead);
      }
    }
    return { changed, dead };
  }

  #setAside(items: readonly T[], error: unknown): Processed {
    const nameOf = (item: T) => this.callbacks.nameOf(item);
    return { changed: 0, dead: items.map((item) => deadRecord(item, error, nameOf)) };
  }

  async #giveBack(claim: Claim, attempt: NextAttempt, error: unknown, slice: CursorSlice): Promise<void> {
    try {
      await this.store.giveBack(claim, attempt, messageOf(error), slice);
    } catch {
      // The lease ends by itself, and the error that brought us here matters more.
    }
  }
}

/** Whether the slice was aborted with time left, because the application closes: no item is to blame for that. */
function isCutOff(slice: CursorSlice): boolean {
  return slice.signal.aborted && slice.timeRemaining() > 0;
}

/** Says that more is waiting unless the end is reached, though this page may have had no items. */
function resultOf(done: number, next: string): SliceResult {
  if (next === '') return { done, limit: done + 1 };
  return done === 0 ? Duty.RECRUITED : { done, limit: done };
}

/** What is no count counts as none told: plain JavaScript may return anything. */
function countOf(changed: number | void): number {
  return Number.isSafeInteger(changed) && Number(changed) > 0 ? Number(changed) : 0;
}
