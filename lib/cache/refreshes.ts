import { outsideContext } from '../recruiter/slice/outside-context.js';
import type { CacheTools } from './cache-tools.js';
import type { EntryStore } from './entry-store.js';
import type { Recomputes, Task } from './recomputes.js';

/** How long the refreshes that are under way may take when the application closes: ms. */
const GRACE = 5000;

/** Recomputes of entries whose old value is served meanwhile: nobody waits for them, so no caller hears of failures. */
export class Refreshes {
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(
    private readonly store: EntryStore,
    private readonly recomputes: Recomputes,
    private readonly tools: CacheTools,
  ) {}

  /** Begins in the next turn of the event loop, when the caller has got its value. */
  startLater(task: Task, lease: string): void {
    void this.#track(
      new Promise((resolve) => {
        outsideContext(() => setImmediate(() => resolve(this.run(task, lease))));
      }),
    );
  }

  /** Whether it has succeeded. Never rejects. */
  async run(task: Task, lease: string): Promise<boolean> {
    if (this.#isClosed) {
      await this.store.release(task.key, lease);
      return false;
    }
    this.tools.counts.refreshes++;
    try {
      await this.#track(this.recomputes.run(task, lease, this.tools.options.rest));
      return true;
    } catch (error) {
      this.tools.complaints.ofKey(
        task.key,
        'its refresh failed; the old value is served while it lasts',
        error,
      );
      return false;
    }
  }

  /** Begins no more, and waits for those under way, but not for ever. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { clock } = this.tools;
    const grace = new Promise<void>((resolve) => void clock.after(GRACE, resolve));
    await Promise.race([this.#ended(), grace]);
  }

  async #ended(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.recomputes.stored();
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    const end = () => void this.#underWay.delete(work);
    work.then(end, end);
    return work;
  }
}
