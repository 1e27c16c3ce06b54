import { outsideContext } from '../recruiter/slice/outside-context.js';
import type { CacheTools } from './cache-tools.js';
import type { EntryStore } from './entry-store.js';
import type { Recomputes, Task } from './recomputes.js';

/** How long shutdown waits for refreshes in progress. */
const GRACE_MS = 5000;

/** Recomputes of entries whose old value is served meanwhile. No caller waits for them, so failures are only logged. */
export class Refreshes {
  readonly #inProgress = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(
    private readonly store: EntryStore,
    private readonly recomputes: Recomputes,
    private readonly tools: CacheTools,
  ) {}

  /** Begins in the next turn of the event loop, after the caller has received its value. */
  startLater(task: Task, lease: string): void {
    void this.#track(
      new Promise((resolve) => {
        outsideContext(() => setImmediate(() => resolve(this.run(task, lease))));
      }),
    );
  }

  /** Returns whether it succeeded. Never rejects. */
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
      this.tools.reportError('its refresh failed; the old value is served until it expires', error, task.key);
      return false;
    }
  }

  /** Begins no more refreshes, and waits up to 5 s for those in progress. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { clock } = this.tools;
    const grace = new Promise<void>((resolve) => void clock.after(GRACE_MS, resolve));
    await Promise.race([this.#ended(), grace]);
  }

  async #ended(): Promise<void> {
    await Promise.allSettled(this.#inProgress);
    await this.recomputes.stored();
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#inProgress.add(work);
    const end = () => void this.#inProgress.delete(work);
    work.then(end, end);
    return work;
  }
}
