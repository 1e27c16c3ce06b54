import type { Held } from '../messages.js';
import { monotonic } from '../worker/monotonic.js';
import { LEASE, PACE } from '../worker/names.js';
import { Doubting, until, Violation, type Ground, type Model } from './model.js';

/** Slices that are compared with a new one. */
const MEMORY = 500;
/** For so long the pace is counted, when all is calm: ms. */
const COUNTED = 5000;
/** Slices that were admitted just before, and ran late. */
const LATE = 2;
/** What a worker tells reaches this process within so long, or is missed: ms. */
const TOLD = 1000;
/** A slice that took longer may have outlived its lease, as where its process was stalled: ms. */
const WITHIN_LEASE = LEASE - 1000;

/** In the whole fleet one slice at a time runs of a job with a lease, and so many a second of one with a pace. */
export class ExclusiveModel extends Doubting implements Model {
  readonly name = 'leases and paces';
  #held: Held[] = [];
  /** When slices with a pace ran of late, by the clock that all processes share: ms. */
  #paced: number[] = [];
  #pacedSoFar = 0;
  #heldSoFar = 0;
  #overlap: string | undefined;
  /** Before this time a lease may have been lost with the server that kept it, by the clock that all processes share. */
  #doubtfulUntil = 0;

  constructor(ground: Ground) {
    super();
    ground.fleet.onHeld((held) => this.#hear(held));
    ground.fleet.onPaced((at) => this.#hearPaced(at));
  }

  step(): Promise<void> {
    if (this.#overlap === undefined) return Promise.resolve();
    const what = this.#overlap;
    this.#overlap = undefined;
    return Promise.reject(new Violation(what));
  }

  forget(): void {
    this.doubt();
  }

  override trust(): void {
    super.trust();
    this.doubt();
  }

  async settle(patience: number): Promise<void> {
    const before = this.#heldSoFar;
    await until(
      () => this.#heldSoFar > before,
      patience,
      () => `no slice of the job with a lease in ${patience} ms`,
    );
    const paced = this.#pacedSoFar;
    await until(
      () => this.#pacedSoFar > paced,
      patience,
      () => `no slice of the job with a pace in ${patience} ms`,
    );
    // By when they ran: a timer here may be late, and many may be heard at once.
    const begun = monotonic();
    await new Promise((resolve) => setTimeout(resolve, COUNTED + TOLD));
    const count = this.#paced.filter((at) => at >= begun && at < begun + COUNTED).length;
    const most = (PACE * COUNTED) / 1000 + LATE;
    if (count > most) {
      throw new Violation(
        `${count} slices of the job with a pace in ${COUNTED} ms; expected ${most} at most`,
      );
    }
    await this.step();
  }

  protected doubt(): void {
    this.#doubtfulUntil = monotonic() + LEASE;
  }

  #hear(held: Held): void {
    this.#heldSoFar++;
    const other = this.#held.find(({ from, to }) => from < held.to && held.from < to);
    if (other !== undefined && this.isTrusted && this.#isSure(other) && this.#isSure(held)) {
      this.#overlap = `two slices at a time: ${other.from} to ${other.to} and ${held.from} to ${held.to}`;
    }
    this.#held = [...this.#held.slice(-MEMORY), held];
  }

  /** By when it ran, however late it is heard of. */
  #isSure({ from, to }: Held): boolean {
    return from > this.#doubtfulUntil && to - from < WITHIN_LEASE;
  }

  #hearPaced(at: number): void {
    this.#pacedSoFar++;
    this.#paced = [...this.#paced.slice(-MEMORY), at];
  }
}
