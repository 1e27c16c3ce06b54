import { systemClock, type Clock } from '../../time/clock.js';
import type { FleetSite } from '../../fleet/fleet-backend.js';
import type { Orders } from '../../fleet/orders.js';
import type { Connectivity } from './connectivity.js';
import type { OrdersStore } from './orders-store.js';
import type { Runs } from './runs.js';

/** What was told on the channel and lost is seen at the next look, so that a change is everywhere within a second: ms. */
const LOOK = 800;

/**
 * Brings the orders in Redis to this process, and what Redis has lost of them back to Redis. It looks at their revision
 * now and then, and at once when it hears of a change; one look at a time.
 */
export class Watch {
  #looking: Promise<void> | undefined;
  #again = false;
  #callOff = () => {};
  #isStopped = false;
  /** Up to which revision it has seen which slices are asked for. */
  #ranUpTo = 0;

  constructor(
    private readonly store: OrdersStore,
    private readonly runs: Runs,
    private readonly site: FleetSite,
    private readonly connectivity: Connectivity,
    private readonly clock: Required<Clock> = systemClock,
  ) {}

  /** Looks now, and from then on; while Redis owes an answer it is not asked again. */
  start(): void {
    if (this.#isStopped) return;
    if (this.#looking === undefined) void this.look();
    else this.connectivity.failed('It owes an answer.');
    this.#callOff = this.clock.after(LOOK, () => this.start());
  }

  stop(): void {
    this.#isStopped = true;
    this.#callOff();
  }

  /** Never rejects. Whoever asks while it looks gets a look that begins after the question. */
  look(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#again = true;
      return this.#looking;
    }
    this.#looking = this.#lookUntilStill().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** The orders that stand in Redis, taken up here. */
  async takeUp(): Promise<Orders> {
    const { orders } = this.site;
    const revision = await this.store.revision();
    if (revision < orders.revision) await this.store.restore(orders);
    if (revision > orders.revision) this.site.apply(await this.store.read());
    // Jobs may have been installed since.
    else if (orders.revision > 0) this.site.apply(orders);
    return this.site.orders;
  }

  async #lookUntilStill(): Promise<void> {
    do {
      this.#again = false;
      await this.#lookOnce();
    } while (this.#again && !this.#isStopped);
  }

  async #lookOnce(): Promise<void> {
    try {
      const { revision } = await this.takeUp();
      this.connectivity.answered();
      if (revision <= this.#ranUpTo && !this.runs.isWaiting) return;
      await this.runs.look();
      this.#ranUpTo = revision;
    } catch (error) {
      if (!this.#isStopped) this.connectivity.failed(error);
    }
  }
}
