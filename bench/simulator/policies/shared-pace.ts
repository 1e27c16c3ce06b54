import { Lottery } from '../../../lib/recruiter/lottery.js';
import type { Outcome } from '../../../lib/recruiter/outcome.js';
import type { Host, Policy } from './policy.js';

/** One key in Redis for each job: when its next slice may start, and how far apart slices are. */
export interface SharedPace {
  nextAt: number;
  gap: number;
}

const SHORTEST = 25;
const LONGEST = 30_000;
const POLL = 30_000;

/** A fleet-wide pace in Redis: a drawn slice runs when the key lets it; full slices halve the gap, idle ones widen it. */
export class SharedPacing implements Policy {
  readonly levels = [];
  readonly #lottery: Lottery<{ rate: number; index: number }>;
  #busy = false;
  #callOff: (() => void) | undefined;
  #callOffAgain: (() => void) | undefined;

  constructor(
    private readonly host: Host,
    private readonly shared: SharedPace[],
  ) {
    const tickets = host.jobs.map(({ rate }, index) => ({ rate, index }));
    this.#lottery = new Lottery(host.random, () => tickets);
  }

  get skip(): number {
    return this.#lottery.skip;
  }

  set skip(skip: number) {
    this.#lottery.skip = skip;
  }

  draw(): void {
    const ticket = this.#lottery.draw();
    if (ticket !== undefined) this.#ask(ticket.index, 'enlistment');
  }

  ended(index: number, outcome: Outcome): void {
    this.#busy = false;
    const pace = this.shared[index]!;
    if (outcome === 'full') {
      pace.gap = Math.max(SHORTEST, pace.gap / 2);
      this.#again(index, pace);
    } else if (outcome !== 'partial') pace.gap = Math.min(LONGEST, pace.gap * 1.25);
  }

  open(): void {
    this.#callOff = this.host.clock.after(this.host.random.next() * 2 * POLL, () => {
      this.#ask(Math.floor(this.host.random.next() * this.shared.length), 'timer');
      this.open();
    });
  }

  close(): void {
    this.#callOff?.();
    this.#callOffAgain?.();
  }

  /** Who has left work behind comes back when the key lets the next slice run. */
  #again(index: number, pace: SharedPace): void {
    const { clock, random } = this.host;
    const wait = Math.max(0, pace.nextAt - clock.now()) + pace.gap * random.next();
    this.#callOffAgain = clock.after(wait, () => this.#ask(index, 'timer'));
  }

  #ask(index: number, source: 'enlistment' | 'timer'): void {
    const now = this.host.clock.now();
    const pace = this.shared[index]!;
    if (this.#busy || now < pace.nextAt) return;
    pace.nextAt = now + pace.gap;
    this.#busy = true;
    this.host.run(index, source);
  }
}
