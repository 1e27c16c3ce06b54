import type { Clock, Random } from 'nestjs-work-stealing';
import type { TrafficShape } from './traffic-shape.js';

/** Who visits, when and what. */
export interface TrafficOptions {
  /** Requests a second, averaged over the day. */
  readonly mean: number;
  readonly shape: TrafficShape;
  readonly random: Random;
  /** Draws what the next visitor wants. */
  readonly nextFilm: () => number;
  /** One visit; never rejects. */
  readonly visit: (film: number) => Promise<void>;
  /** @default performance.now and setTimeout */
  readonly clock?: ReplayClock;
}

export type ReplayClock = Pick<Required<Clock>, 'now' | 'after'>;

const realTime: ReplayClock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** A replay that is this far behind (ms) skips what it missed: a stalled machine must not be met by a flood. */
const MOST_BEHIND = 1000;

/**
 * Visitors who come by chance and do not wait for each other: a Poisson process, its pace that of the hour. Their
 * number does not depend on how fast the fleet answers, so that a slow answer shows as latency, not as less traffic.
 */
export class TrafficReplay {
  readonly #clock: ReplayClock;
  readonly #visits = new Set<Promise<void>>();
  #begun: number;
  #dueAt: number;
  #callOff = () => {};

  constructor(private readonly options: TrafficOptions) {
    this.#clock = options.clock ?? realTime;
    this.#begun = this.#dueAt = this.#clock.now();
  }

  start(): void {
    this.#begun = this.#clock.now();
    this.#dueAt = this.#begun;
    this.#dueAt += this.#gap();
    this.#wait();
  }

  /** Sends no more; resolves when the last visit is over. */
  async stop(): Promise<void> {
    this.#callOff();
    await Promise.all(this.#visits);
  }

  /** The hour that is replayed: `14:00, traffic x 1.05`. */
  get description(): string {
    const elapsed = this.#clock.now() - this.#begun;
    const { shape } = this.options;
    return `${shape.hourAt(elapsed)}:00, traffic x ${shape.factorAt(elapsed).toFixed(2)}`;
  }

  #wait(): void {
    this.#callOff = this.#clock.after(Math.max(0, this.#dueAt - this.#clock.now()), () => {
      this.#visitAllDue();
      this.#wait();
    });
  }

  #visitAllDue(): void {
    const now = this.#clock.now();
    this.#dueAt = Math.max(this.#dueAt, now - MOST_BEHIND);
    for (; this.#dueAt <= now; this.#dueAt += this.#gap()) this.#visit();
  }

  #visit(): void {
    const visit = this.options.visit(this.options.nextFilm()).finally(() => this.#visits.delete(visit));
    this.#visits.add(visit);
  }

  /** Time until the next visitor: ms, exponential with the mean of the hour. */
  #gap(): number {
    const { mean, shape, random } = this.options;
    const perMs = (mean * shape.factorAt(this.#dueAt - this.#begun)) / 1000;
    return -Math.log1p(-random.next()) / perMs;
  }
}
