import { outsideContext } from '../recruiter/slice/outside-context.js';
import type { CacheTools } from './cache-tools.js';
import type { Decode, EntryStore } from './entry-store.js';
import type { ResolvedEntryOptions } from './entry.options.js';
import { decodePayload, encodePayload, isNegative, type Payload } from './payload.js';

/** Computes the value of a key. May return it or a promise of it. */
export type Recompute<T> = () => T | Promise<T>;

/** A key with its recompute and its options. */
export interface Task {
  readonly key: string;
  readonly recompute: Recompute<unknown>;
  readonly options: ResolvedEntryOptions;
}

/** Renewals of a lease in its time to live, so that one may fail. */
const RENEWALS_PER_LEASE = 3;

/** Runs recomputes and stores their values. */
export class Recomputes {
  readonly #storing = new Set<Promise<unknown>>();

  constructor(
    private readonly store: EntryStore,
    private readonly tools: CacheTools,
  ) {}

  /**
   * Runs under a lease, which it ends in any case, or without one; then nothing is stored. Runs outside the caller's async
   * context, since the value is for all callers. Rejects as the recompute does.
   *
   * @param rest - after a failure, for how long no process tries again while there is an old value: ms.
   */
  run(task: Task, lease: string | undefined, rest = 0): Promise<Decode> {
    return outsideContext(() => this.#run(task, lease, rest));
  }

  /** Resolves when all values that were sent to Redis are stored or have failed to be. */
  async stored(): Promise<void> {
    await Promise.allSettled(this.#storing);
  }

  async #run(task: Task, lease: string | undefined, rest: number): Promise<Decode> {
    const { counts, clock } = this.tools;
    const begun = clock.now();
    const endRenewal = lease === undefined ? undefined : this.#renewLease(task.key, lease);
    counts.recomputes++;
    try {
      const value = await task.recompute();
      const payload = this.#encode(task, value);
      if (lease !== undefined) this.#keep(task, lease, payload, clock.now() - begun);
      return this.#decoderOf(task, value, payload);
    } catch (error) {
      counts.failures++;
      if (lease !== undefined) void this.store.release(task.key, lease, rest);
      throw error;
    } finally {
      endRenewal?.();
    }
  }

  /** Sends the command before the callers get the value, so that a later call finds it stored. */
  #keep({ key, options }: Task, lease: string, payload: Payload | undefined, delta: number): void {
    if (payload === undefined) {
      void this.store.release(key, lease);
      return;
    }
    const ttl = isNegative(payload) ? options.negativeTtl : options.ttl;
    const storing = this.store
      .store(key, lease, { payload, delta, ttl, stale: options.stale })
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
      this.tools.reportError('its value cannot be encoded, and is not cached', error, key);
      return undefined;
    }
  }

  #decoderOf({ key }: Task, value: unknown, payload: Payload | undefined): Decode {
    if (payload === undefined) return () => value;
    return () => {
      try {
        return decodePayload(this.tools.options.codec, payload);
      } catch (error) {
        this.tools.counts.broken++;
        this.tools.reportError('its encoded value cannot be decoded', error, key);
        return value;
      }
    };
  }

  /**
   * Renews a lease until the returned function is called, the lease is lost, or the recompute takes longer than
   * `longestRecompute`.
   */
  #renewLease(key: string, lease: string): () => void {
    const { clock, options } = this.tools;
    const deadline = clock.now() + options.longestRecompute;
    let cancelTimer: () => void;
    let isOver = false;
    const wait = () => {
      cancelTimer = clock.after(options.lease / RENEWALS_PER_LEASE, () => void renew());
    };
    const renew = async () => {
      if (clock.now() >= deadline) return;
      const isKept = await this.store.renew(key, lease);
      if (isKept !== false && !isOver) wait();
    };
    wait();
    return () => {
      isOver = true;
      cancelTimer();
    };
  }
}
