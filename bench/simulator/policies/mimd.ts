import { Lottery } from '../../../lib/recruiter/lottery.js';
import type { Outcome } from '../../../lib/recruiter/outcome.js';
import type { Host, Policy } from './policy.js';

const UP = 2;
const DOWN = 0.8;
const DEEPEST = 1 / 64;
const HIGHEST = 10;

interface BoundedRate {
  rate: number;
  readonly least: number;
  readonly most: number;
}

/** The rate itself adapts: doubled by a full slice, cut by a fifth by one without work; within 1/64 and 10 times. */
export class Mimd implements Policy {
  readonly levels = [];
  readonly #jobs: BoundedRate[];
  readonly #lottery: Lottery<BoundedRate>;
  #busy = false;

  constructor(private readonly host: Host) {
    this.#jobs = host.jobs.map(({ rate }) => ({
      rate,
      least: rate * DEEPEST,
      most: Math.min(rate * HIGHEST, 0.25),
    }));
    this.#lottery = new Lottery(host.random, () => this.#jobs);
  }

  get skip(): number {
    return this.#lottery.skip;
  }

  set skip(skip: number) {
    this.#lottery.skip = skip;
  }

  draw(): void {
    const job = this.#lottery.draw();
    if (job === undefined || this.#busy) return;
    this.#busy = true;
    this.host.run(this.#jobs.indexOf(job), 'enlistment');
  }

  ended(index: number, outcome: Outcome): void {
    this.#busy = false;
    const job = this.#jobs[index]!;
    if (outcome === 'partial') return;
    job.rate = Math.min(job.most, Math.max(job.least, job.rate * (outcome === 'full' ? UP : DOWN)));
    this.#lottery.invalidate();
  }

  open(): void {}

  close(): void {}
}
