import { describeValue } from '../options/describe-value.js';
import { isTooMuch, rounded } from '../recruiter/rate/rate-sum.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import { keyOf } from './job-key.js';
import { NO_ORDERS, type Orders } from './orders.js';

/** A job whose declared rate is overridden here. */
interface Overridden {
  /** The rate that code or options declare. */
  readonly declared: number;
  /** The one that was set in its place. */
  readonly set: number;
  /** Another job of the same id, installed later, has a declared rate of its own. */
  readonly installedAt: number;
}

/** A rate that is to be in force. */
interface Target {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** Brings orders to the recruiters of this process, and knows what they declare themselves. */
export class Steering {
  #orders = NO_ORDERS;
  readonly #overridden = new Map<string, Overridden>();
  readonly #paused = new Set<string>();
  readonly #refused = new Set<string>();

  /** @param warn - hears, once, of orders that do not fit. */
  constructor(
    private readonly recruiters: Iterable<Recruiter>,
    private readonly warn: (text: string) => void,
  ) {}

  /** What is in force. */
  get orders(): Orders {
    return this.#orders;
  }

  /**
   * Takes orders up. Also for those that are in force already, when jobs may have been installed since: an override of
   * a job that is not installed waits for it.
   */
  apply(orders: Orders): void {
    // Two answers of Redis may come in the wrong order.
    if (orders.revision < this.#orders.revision) return;
    if (orders.revision > this.#orders.revision) this.#refused.clear();
    else if (orders.rates.size + orders.pauses.size === 0) return;
    this.#orders = orders;
    for (const recruiter of this.recruiters) {
      const { jobs } = recruiter;
      this.#applyRates(recruiter, jobs);
      this.#applyPauses(recruiter, jobs);
    }
    this.#forget();
  }

  /** What code or options declare, whatever is in force. */
  declaredRate(recruiter: string, job: JobSnapshot): number {
    const overridden = this.#overridden.get(keyOf({ recruiter, id: job.id }));
    // Code that sets a rate below an override declares anew.
    return overridden === undefined || !isSame(overridden, job) ? job.rate : overridden.declared;
  }

  /** Lowers before it raises, so that the rates add up to 1 at most at every moment. */
  #applyRates(recruiter: Recruiter, jobs: readonly JobSnapshot[]): void {
    const declared = new Map(jobs.map((job) => [job.id, this.declaredRate(recruiter.name, job)]));
    const targets = jobs.map((job): Target => {
      const override = this.#orders.rates.get(keyOf({ recruiter: recruiter.name, id: job.id }));
      return { id: job.id, from: job.rate, to: override?.rate ?? declared.get(job.id)! };
    });
    const sum = targets.reduce((total, { to }) => total + to, 0);
    if (isTooMuch(sum)) return this.#refuse(recruiter.name, sum);
    for (const { id, from, to } of targets) if (to < from) recruiter.setRate(id, to);
    for (const { id, from, to } of targets) if (to > from) recruiter.setRate(id, to);
    for (const job of jobs) this.#remember(recruiter.name, job, declared.get(job.id)!);
  }

  #remember(recruiter: string, job: JobSnapshot, declared: number): void {
    const key = keyOf({ recruiter, id: job.id });
    const override = this.#orders.rates.get(key);
    if (override === undefined) this.#overridden.delete(key);
    else this.#overridden.set(key, { declared, set: override.rate, installedAt: job.installedAt.getTime() });
  }

  /** Only pauses that were ordered are ended: what code has paused is the code's affair. */
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

  /** Jobs that were taken off since, whose ids may have been made up at run time. */
  #forget(): void {
    const { rates, pauses } = this.#orders;
    if (this.#overridden.size <= rates.size && this.#paused.size <= pauses.size) return;
    const there = new Set<string>();
    for (const { name: recruiter, jobs } of this.recruiters) {
      there.add(keyOf({ recruiter }));
      for (const { id } of jobs) there.add(keyOf({ recruiter, id }));
    }
    for (const key of this.#overridden.keys())
      if (!there.has(key) && !rates.has(key)) this.#overridden.delete(key);
    for (const key of this.#paused) if (!there.has(key) && !pauses.has(key)) this.#paused.delete(key);
  }

  #refuse(recruiter: string, sum: number): void {
    if (this.#refused.has(recruiter)) return;
    this.#refused.add(recruiter);
    this.warn(
      `The rates that were set for the fleet do not fit recruiter ${describeValue(recruiter)} of this process, whose ` +
        `rates would add up to ${rounded(sum)}, more than 1. Its rates stay as they are; set or reset some.`,
    );
  }
}

function isSame({ set, installedAt }: Overridden, job: JobSnapshot): boolean {
  return job.rate === set && job.installedAt.getTime() === installedAt;
}
