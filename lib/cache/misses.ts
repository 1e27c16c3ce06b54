import type { CacheTools } from './cache-tools.js';
import { decodeEntry, type Decode, type EntryStore } from './entry-store.js';
import type { Recomputes, Task } from './recomputes.js';

/** Pause between two lookups of the value that another process computes: the first, the maximum, and its growth. */
const FIRST_PAUSE_MS = 5;
const MAX_PAUSE_MS = 100;
const PAUSE_GROWTH = 1.5;

/** Obtains the value of a key that has none: all calls of this process for one key share one computation. */
export class Misses {
  readonly #inProgress = new Map<string, Promise<Decode>>();

  constructor(
    private readonly store: EntryStore,
    private readonly recomputes: Recomputes,
    private readonly tools: CacheTools,
  ) {}

  /** The computation in progress for a key, if there is one; the caller counts as a miss that joins it. */
  join(key: string): Promise<Decode> | undefined {
    const computation = this.#inProgress.get(key);
    if (computation === undefined) return undefined;
    this.tools.counts.misses++;
    this.tools.counts.coalesced++;
    return computation;
  }

  /** Keeps later calls from joining the computation in progress, which may have begun with old data. */
  forget(key: string): void {
    this.#inProgress.delete(key);
  }

  /** Computes under the lease that a lookup has granted. */
  compute(task: Task, lease: string): Promise<Decode> {
    this.tools.counts.misses++;
    return this.#share(task.key, () => this.recomputes.run(task, lease));
  }

  /** Computes without Redis. */
  computeAlone(task: Task): Promise<Decode> {
    const joined = this.join(task.key);
    if (joined !== undefined) return joined;
    this.tools.counts.misses++;
    return this.#share(task.key, () => this.recomputes.run(task, undefined));
  }

  /**
   * Waits for the value that another process computes.
   *
   * @param disregarded - ID of an entry that cannot be decoded, and counts as missing.
   */
  awaitElsewhere(task: Task, disregarded?: string): Promise<Decode> {
    const joined = this.join(task.key);
    if (joined !== undefined) return joined;
    this.tools.counts.misses++;
    this.tools.counts.waits++;
    return this.#share(task.key, () => this.#await(task, disregarded));
  }

  async #await(task: Task, unreadable: string | undefined): Promise<Decode> {
    const { clock, options, counts } = this.tools;
    let disregarded = unreadable;
    const deadline = clock.now() + options.wait;
    let pause = FIRST_PAUSE_MS;
    for (let left: number = options.wait; left > 0; left = deadline - clock.now()) {
      await this.#sleep(Math.min(left, pause));
      pause = Math.min(MAX_PAUSE_MS, pause * PAUSE_GROWTH);
      const lookup = await this.store.lookup(task.key, { lead: 0, disregarded });
      if (lookup === undefined) break;
      // The other process has lost its lease, or its value is due already.
      if (lookup.lease !== undefined) return this.recomputes.run(task, lookup.lease);
      const found = lookup.entry && decodeEntry(task.key, lookup.entry, this.tools);
      if (found !== undefined) return found.decode;
      disregarded = lookup.entry?.id ?? disregarded;
    }
    counts.waitsInVain++;
    return this.recomputes.run(task, undefined);
  }

  /** With jitter, so that many waiting processes do not look up the key at the same time. */
  #sleep(ms: number): Promise<void> {
    const { clock, random } = this.tools;
    return new Promise((resolve) => void clock.after(ms * (0.5 + random.next() / 2), resolve, true));
  }

  /** After `longestRecompute` later calls begin another computation, so that one that never ends does not block them. */
  #share(key: string, compute: () => Promise<Decode>): Promise<Decode> {
    const { clock, options } = this.tools;
    const promise = compute();
    this.#inProgress.set(key, promise);
    const forget = () => {
      if (this.#inProgress.get(key) === promise) this.#inProgress.delete(key);
    };
    const cancelTimer = clock.after(options.longestRecompute, forget);
    const end = () => {
      cancelTimer();
      forget();
    };
    promise.then(end, end);
    return promise;
  }
}
