import { systemClock, type Clock } from '../../time/clock.js';
import type { LocalProcess } from '../../fleet/fleet-backend.js';
import type { Orders } from '../../fleet/orders.js';
import type { Connectivity } from './connectivity.js';
import type { OrdersStore } from './orders-store.js';
import type { RunRequests } from './run-requests.js';

/** A change whose message was lost is seen at the next poll, so that it reaches every process within a second. */
const POLL_INTERVAL_MS = 800;

/**
 * Applies the orders in Redis to this process, and restores them where Redis has lost them. It polls their revision, and
 * reads it at once when a change is announced. One poll runs at a time.
 */
export class OrderPoller {
  #polling: Promise<void> | undefined;
  #isRequestedAgain = false;
  #cancelTimer = () => {};
  #isStopped = false;
  /** The last revision whose run requests have been read. */
  #requestsReadAt = 0;

  constructor(
    private readonly store: OrdersStore,
    private readonly requests: RunRequests,
    private readonly local: LocalProcess,
    private readonly connectivity: Connectivity,
    private readonly clock: Required<Clock> = systemClock,
  ) {}

  /** Polls now and at every interval; while a poll waits for Redis no other one begins. */
  start(): void {
    if (this.#isStopped) return;
    if (this.#polling === undefined) void this.poll();
    else this.connectivity.failed('It has not answered yet.');
    this.#cancelTimer = this.clock.after(POLL_INTERVAL_MS, () => this.start());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  /** Never rejects. A call during a poll has another poll follow it, and waits for both. */
  poll(): Promise<void> {
    if (this.#polling !== undefined) {
      this.#isRequestedAgain = true;
      return this.#polling;
    }
    this.#polling = this.#pollWhileRequested().finally(() => (this.#polling = undefined));
    return this.#polling;
  }

  /** Applies the orders in Redis here and returns them. */
  async synchronize(): Promise<Orders> {
    const { orders } = this.local;
    const revision = await this.store.revision();
    if (revision < orders.revision) await this.store.restore(orders);
    if (revision > orders.revision) this.local.apply(await this.store.read());
    // Jobs may have been installed since.
    else if (orders.revision > 0) this.local.apply(orders);
    return this.local.orders;
  }

  async #pollWhileRequested(): Promise<void> {
    do {
      this.#isRequestedAgain = false;
      await this.#pollOnce();
    } while (this.#isRequestedAgain && !this.#isStopped);
  }

  async #pollOnce(): Promise<void> {
    try {
      const { revision } = await this.synchronize();
      this.connectivity.answered();
      if (revision <= this.#requestsReadAt && !this.requests.isWaiting) return;
      await this.requests.runClaimable();
      this.#requestsReadAt = revision;
    } catch (error) {
      if (!this.#isStopped) this.connectivity.failed(error);
    }
  }
}
