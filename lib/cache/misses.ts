import type { CacheTools } from './cache-tools.js';
import type { EntryStore } from './entry-store.js';
import { readEntry } from './read-entry.js';
import type { Giver, Recomputes, Task } from './recomputes.js';

/** First and longest pause between two looks for the value of another process: ms. */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 100;
const GROWTH = 1.5;

/** Gets the value of a key that has none: all calls of this process for one key share one effort. */
export class Misses {
  readonly #underWay = new Map<string, Promise<Giver>>();

  constructor(
    private readonly store: EntryStore,
    private readonly recomputes: Recomputes,
    private readonly tools: CacheTools,
  ) {}

  /** What is under way for a key, counted as a miss that joins it. */
  join(key: string): Promise<Giver> | undefined {
    const effort = this.#underWay.get(key);
    if (effort === undefined) return undefined;
    this.tools.counts.misses++;
    this.tools.counts.coalesced++;
    return effort;
  }

  /** Later calls do not join what is under way now: it may have begun before what they want to see. */
  forget(key: string): void {
    this.#underWay.delete(key);
  }

  /** Computes under the lease that a look has granted. */
  compute(task: Task, lease: string): Promise<Giver> {
    this.tools.counts.misses++;
    return this.#lead(task.key, () => this.recomputes.run(task, lease));
  }

  /** Computes without Redis. */
  computeAlone(task: Task): Promise<Giver> {
    const joined = this.join(task.key);
    if (joined !== undefined) return joined;
    this.tools.counts.misses++;
    return this.#lead(task.key, () => this.recomputes.run(task, undefined));
  }

  /**
   * Waits for the value that another process computes.
   *
   * @param disregarded - the id of an entry that cannot be read, and counts as missing.
   */
  awaitElsewhere(task: Task, disregarded?: string): Promise<Giver> {
    const joined = this.join(task.key);
    if (joined !== undefined) return joined;
    this.tools.counts.misses++;
    this.tools.counts.waits++;
    return this.#lead(task.key, () => this.#await(task, disregarded));
  }

  async #await(task: Task, unreadable: string | undefined): Promise<Giver> {
    const { clock, options, counts } = this.tools;
    let disregarded = unreadable;
    const deadline = clock.now() + options.wait;
    let pause = FIRST_PAUSE;
    for (let left: number = options.wait; left > 0; left = deadline - clock.now()) {
      await this.#sleep(Math.min(left, pause));
      pause = Math.min(LONGEST_PAUSE, pause * GROWTH);
      const look = await this.store.look(task.key, { lead: 0, disregarded });
      if (look === undefined) break;
      // Whoever had the lease has it no longer, or what it stored is due already.
      if (look.lease !== undefined) return this.recomputes.run(task, look.lease);
      const found = look.entry && readEntry(task.key, look.entry, this.tools);
      if (found !== undefined) return found.give;
      disregarded = look.entry?.id ?? disregarded;
    }
    counts.waitsInVain++;
    return this.recomputes.run(task, undefined);
  }

  /** Waiters of many processes do not look all at the same time. */
  #sleep(ms: number): Promise<void> {
    const { clock, random } = this.tools;
    return new Promise((resolve) => void clock.after(ms * (0.5 + random.next() / 2), resolve, true));
  }

  /** An effort that never ends must not keep all later calls of this process waiting: in time they begin another. */
  #lead(key: string, effort: () => Promise<Giver>): Promise<Giver> {
    const { clock, options } = this.tools;
    const promise = effort();
    this.#underWay.set(key, promise);
    const forget = () => {
      if (this.#underWay.get(key) === promise) this.#underWay.delete(key);
    };
    const callOff = clock.after(options.longestRecompute, forget);
    const end = () => {
      callOff();
      forget();
    };
    promise.then(end, end);
    return promise;
  }
}
