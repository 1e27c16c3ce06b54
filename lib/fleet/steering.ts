import { describeValue } from '../options/describe-value.js';
import { isTooMuch, rounded } from '../recruiter/rate/rate-sum.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import { keyOf } from './target.js';
import { NO_ORDERS, type Orders } from './orders.js';

/** A job whose declared rate is overridden in this process. */
interface Overridden {
  /** The rate that code or options declare. */
  readonly declared: number;
  /** The rate in force instead. */
  readonly set: number;
  /** When the job was installed: ms since the epoch. A later job of the same ID has its own declared rate. */
  readonly installedAt: number;
}

/** A rate to put in force. */
interface RateChange {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** Applies orders to the recruiters of this process, and keeps the rates that they declare themselves. */
export class Steering {
  #orders = NO_ORDERS;
  readonly #overridden = new Map<string, Overridden>();
  readonly #paused = new Set<string>();
  readonly #rejected = new Set<string>();

  /** @param warn - called once for each set of orders that cannot be applied. */
  constructor(
    private readonly recruiters: Iterable<Recruiter>,
    private readonly warn: (message: string) => void,
  ) {}

  /** The orders in force. */
  get orders(): Orders {
    return this.#orders;
  }

  /**
   * Applies orders. Call it again with the same ones when jobs may have been installed since: an override of a job that
   * is not installed yet takes effect then.
   */
  apply(orders: Orders): void {
    // Two replies of Redis may arrive in the wrong order.
    if (orders.revision < this.#orders.revision) return;
    if (orders.revision > this.#orders.revision) this.#rejected.clear();
    else if (orders.rates.size + orders.pauses.size === 0) return;
    this.#orders = orders;
    for (const recruiter of this.recruiters) {
      const { jobs } = recruiter;
      this.#applyRates(recruiter, jobs);
      this.#applyPauses(recruiter, jobs);
    }
    this.#forget();
  }

  /** The rate that code or options declare, even while an override is in force. */
  declaredRate(recruiter: string, job: JobSnapshot): number {
    const overridden = this.#overridden.get(keyOf({ recruiter, id: job.id }));
    // A rate that code has set during the override is the declared one.
    return overridden === undefined || !isSame(overridden, job) ? job.rate : overridden.declared;
  }

  /** Lowers rates before it raises others, so that their sum never exceeds 1. */
  #applyRates(recruiter: Recruiter, jobs: readonly JobSnapshot[]): void {
    const declared = new Map(jobs.map((job) => [job.id, this.declaredRate(recruiter.name, job)]));
    const changes = jobs.map((job): RateChange => {
      const override = this.#orders.rates.get(keyOf({ recruiter: recruiter.name, id: job.id }));
      return { id: job.id, from: job.rate, to: override?.rate ?? declared.get(job.id)! };
    });
    const sum = changes.reduce((total, { to }) => total + to, 0);
    if (isTooMuch(sum)) return this.#reject(recruiter.name, sum);
    for (const { id, from, to } of changes) if (to < from) recruiter.setRate(id, to);
    for (const { id, from, to } of changes) if (to > from) recruiter.setRate(id, to);
    for (const job of jobs) this.#remember(recruiter.name, job, declared.get(job.id)!);
  }

  #remember(recruiter: string, job: JobSnapshot, declared: number): void {
    const key = keyOf({ recruiter, id: job.id });
    const override = this.#orders.rates.get(key);
    if (override === undefined) this.#overridden.delete(key);
    else this.#overridden.set(key, { declared, set: override.rate, installedAt: job.installedAt.getTime() });
  }

  /** Ends only pauses that were ordered; those of code are left alone. */
  #applyPauses(recruiter: Recruiter, jobs: readonly JobSnapshot[]): void {
    for (const id of [undefined, ...jobs.map((job) => job.id)]) {
      const key = keyOf(id === undefined ? { recruiter: recruiter.name } : { recruiter: recruiter.name, id });
      if (this.#orders.pauses.has(key)) {
        recruiter.pause(id);
        this.#paused.add(key);
      } else if (this.#paused.delete(key)) {
        recruiter.resume(id);
      }
    }
  }

  /** Forgets jobs that were removed since: job IDs may be created at run time. */
  #forget(): void {
    const { rates, pauses } = this.#orders;
    if (this.#overridden.size <= rates.size && this.#paused.size <= pauses.size) return;
    const installed = new Set<string>();
    for (const { name: recruiter, jobs } of this.recruiters) {
      installed.add(keyOf({ recruiter }));
      for (const { id } of jobs) installed.add(keyOf({ recruiter, id }));
    }
    for (const key of this.#overridden.keys())
      if (!installed.has(key) && !rates.has(key)) this.#overridden.delete(key);
    for (const key of this.#paused) if (!installed.has(key) && !pauses.has(key)) this.#paused.delete(key);
  }

  #reject(recruiter: string, sum: number): void {
    if (this.#rejected.has(recruiter)) return;
    this.#rejected.add(recruiter);
    this.warn(
      `The rates that were set for the fleet cannot be applied to recruiter ${describeValue(recruiter)} of this process: its ` +
        `rates would add up to ${rounded(sum)}, more than 1. They stay as they are; set or reset some.`,
    );
  }
}

function isSame({ set, installedAt }: Overridden, job: JobSnapshot): boolean {
  return job.rate === set && job.installedAt.getTime() === installedAt;
}
