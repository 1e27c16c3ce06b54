import type { Held } from '../messages.js';
import { LEASE, PACE } from '../worker/names.js';
import { Doubting, until, Violation, type Ground, type Model } from './model.js';

/** Slices that are compared with a new one. */
const MEMORY = 500;
/** For so long the pace is counted, when all is calm: ms. */
const COUNTED = 5000;
/** Slices that were admitted just before, and ran late. */
const LATE = 2;

/** In the whole fleet one slice at a time runs of a job with a lease, and so many a second of one with a pace. */
export class ExclusiveModel extends Doubting implements Model {
  readonly name = 'leases and paces';
  #held: Held[] = [];
  #paced = 0;
  #heldSoFar = 0;
  #overlap: string | undefined;
  /** Before this time a lease may have been lost with the server that kept it: `Date.now()`. */
  #doubtfulUntil = 0;

  constructor(ground: Ground) {
    super();
    ground.fleet.onHeld((held) => this.#hear(held));
    ground.fleet.onPaced(() => this.#paced++);
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
    let paced = this.#paced;
    await until(
      () => this.#paced > paced,
      patience,
      () => `no slice of the job with a pace in ${patience} ms`,
    );
    paced = this.#paced;
    await new Promise((resolve) => setTimeout(resolve, COUNTED));
    const count = this.#paced - paced;
    const most = (PACE * COUNTED) / 1000 + LATE;
    if (count > most) {
      throw new Violation(
        `${count} slices of the job with a pace in ${COUNTED} ms; expected ${most} at most`,
      );
    }
    await this.step();
  }

  protected doubt(): void {
    this.#doubtfulUntil = Date.now() + LEASE;
  }

  #hear(held: Held): void {
    this.#heldSoFar++;
    const isSure = this.isTrusted && Date.now() > this.#doubtfulUntil;
    const other = this.#held.find(({ from, to }) => from < held.to && held.from < to);
    if (other !== undefined && isSure) {
      this.#overlap = `two slices at a time: ${other.from} to ${other.to} and ${held.from} to ${held.to}`;
    }
    this.#held = [...this.#held.slice(-MEMORY), held];
  }
}
