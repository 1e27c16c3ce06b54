import { outsideContext } from '../recruiter/slice/outside-context.js';
import type { CacheTools } from './cache-tools.js';
import type { EntryStore } from './entry-store.js';
import type { EntryTerms } from './entry.options.js';
import { keepLease } from './lease-renewal.js';
import { decodePayload, encodePayload, isNegative, type Payload } from './payload.js';

/** Makes the value of a key. */
export type Recompute<T> = () => T | Promise<T>;

/** What is to be done for a key when its value is missing or due. */
export interface Task {
  readonly key: string;
  readonly recompute: Recompute<unknown>;
  readonly terms: EntryTerms;
}

/** Gives a value to one caller: a copy of its own, as the codec gives it back. */
export type Giver = () => unknown;

/** Runs recomputes and stores what comes of them. */
export class Recomputes {
  readonly #storing = new Set<Promise<unknown>>();

  constructor(
    private readonly store: EntryStore,
    private readonly tools: CacheTools,
  ) {}

  /**
   * Under a lease, which is ended in any case, or without one: then nothing is stored. Runs outside the caller's async
   * context, since the value is for all. Rejects as the recompute does.
   *
   * @param rest - ms after a failure for which nobody tries again while there is an old value.
   */
  run(task: Task, lease: string | undefined, rest = 0): Promise<Giver> {
    return outsideContext(() => this.#run(task, lease, rest));
  }

  /** Resolves when all that has been sent to be stored is stored, or could not be. */
  async stored(): Promise<void> {
    await Promise.allSettled(this.#storing);
  }

  async #run(task: Task, lease: string | undefined, rest: number): Promise<Giver> {
    const { counts, clock } = this.tools;
    const begun = clock.now();
    const endRenewal = lease === undefined ? undefined : keepLease(task.key, lease, this.store, this.tools);
    counts.recomputes++;
    try {
      const value = await task.recompute();
      const payload = this.#encode(task, value);
      if (lease !== undefined) this.#keep(task, lease, payload, clock.now() - begun);
      return this.#giverOf(task, value, payload);
    } catch (error) {
      counts.failures++;
      if (lease !== undefined) void this.store.release(task.key, lease, rest);
      throw error;
    } finally {
      endRenewal?.();
    }
  }

  /** The command is sent before whoever waits for the value hears of it, so a later call finds it stored. */
  #keep({ key, terms }: Task, lease: string, payload: Payload | undefined, delta: number): void {
    if (payload === undefined) {
      void this.store.release(key, lease);
      return;
    }
    const ttl = isNegative(payload) ? terms.negativeTtl : terms.ttl;
    const storing = this.store
      .store(key, lease, { payload, delta, ttl, stale: terms.stale })
      .then((isStored) => {
        if (isStored === false) this.tools.counts.lost++;
        this.#storing.delete(storing);
      });
    this.#storing.add(storing);
  }

  #encode({ key }: Task, value: unknown): Payload | undefined {
    try {
      return encodePayload(this.tools.options.codec, value);
    } catch (error) {
      this.tools.counts.broken++;
      this.tools.complaints.ofKey(key, 'its value cannot be encoded, and is not cached', error);
      return undefined;
    }
  }

  #giverOf({ key }: Task, value: unknown, payload: Payload | undefined): Giver {
    if (payload === undefined) return () => value;
    return () => {
      try {
        return decodePayload(this.tools.options.codec, payload);
      } catch (error) {
        this.tools.counts.broken++;
        this.tools.complaints.ofKey(key, 'what was encoded cannot be decoded', error);
        return value;
      }
    };
  }
}
