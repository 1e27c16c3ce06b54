import { describeValue } from '../options/describe-value.js';
import { isTooMuch, rounded } from '../recruiter/rate/rate-sum.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import { keyOf } from './target.js';
import { NO_ORDERS, type Orders } from './orders.js';

/** The rate of a job when no override is in force. */
export interface DeclaredRate {
  /** The rate that code or options declare; otherwise the default one, as it was last. */
  readonly rate: number;
  /** Whether code and options declare none. */
  readonly isDefault: boolean;
}

/** A job whose declared rate is overridden in this process. */
interface Overridden {
  readonly declared: DeclaredRate;
  /** The rate in force instead. */
  readonly set: number;
  /** When the job was installed: ms since the epoch. A later job of the same ID has its own declared rate. */
  readonly installedAt: number;
}

/** A rate to put in force; undefined for the default one, which takes no part in the sum of rates. */
interface RateChange {
  readonly id: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Applies orders to the recruiters of this process, and keeps the rates that they declare themselves. */
export class Steering {
  #orders = NO_ORDERS;
  readonly #overridden = new Map<string, Overridden>();
  readonly #paused = new Set<string>();
  /** The recruiters and jobs to which the present orders cannot be applied. */
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
  declaredRate(recruiter: string, job: JobSnapshot): DeclaredRate {
    const overridden = this.#overridden.get(keyOf({ recruiter, id: job.id }));
    // A rate that code has set during the override is the declared one.
    if (overridden !== undefined && isSame(overridden, job)) return overridden.declared;
    return { rate: job.rate, isDefault: job.isDefaultRate };
  }

  /** Lowers rates before it raises others, so that their sum never exceeds 1. */
  #applyRates(recruiter: Recruiter, jobs: readonly JobSnapshot[]): void {
    const { name } = recruiter;
    const declared = new Map(jobs.map((job) => [job.id, this.declaredRate(name, job)]));
    const changes = jobs.map((job): RateChange => {
      const { rate, isDefault } = declared.get(job.id)!;
      const from = job.isDefaultRate ? undefined : job.rate;
      return { id: job.id, from, to: this.#overrideOf(name, job) ?? (isDefault ? undefined : rate) };
    });
    const sum = changes.reduce((total, { to = 0 }) => total + to, 0);
    if (isTooMuch(sum)) return this.#reject(name, sum);
    const inOrder = changes.filter(({ from, to }) => from !== to).sort((a, b) => growthOf(a) - growthOf(b));
    for (const { id, to } of inOrder) {
      if (to === undefined) recruiter.undeclareRate(id);
      else recruiter.setRate(id, to);
    }
    for (const job of jobs) this.#remember(name, job, declared.get(job.id)!);
  }

  /** The rate that is set for a job in place of the declared one. */
  #overrideOf(recruiter: string, job: JobSnapshot): number | undefined {
    const key = keyOf({ recruiter, id: job.id });
    const rate = this.#orders.rates.get(key)?.rate;
    // A process of an earlier version may have accepted it, or the job had no period then.
    if (rate !== 0 || job.period === undefined) return rate;
    this.#warnOnce(
      key,
      `The rate of 0 that was set for the fleet cannot be applied to job ${describeValue(job.id)} of recruiter ` +
        `${describeValue(recruiter)}: its passes would begin nevertheless, by \`every\`. Reset the rate, and pause the job instead.`,
    );
    return undefined;
  }

  #remember(recruiter: string, job: JobSnapshot, declared: DeclaredRate): void {
    const key = keyOf({ recruiter, id: job.id });
    const set = this.#overrideOf(recruiter, job);
    if (set === undefined) this.#overridden.delete(key);
    else this.#overridden.set(key, { declared, set, installedAt: job.installedAt.getTime() });
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
    this.#warnOnce(
      recruiter,
      `The rates that were set for the fleet cannot be applied to recruiter ${describeValue(recruiter)} of this process: its ` +
        `rates would add up to ${rounded(sum)}, more than 1. They stay as they are; set or reset some.`,
    );
  }

  /** Warns once for each set of orders. */
  #warnOnce(about: string, message: string): void {
    if (this.#rejected.has(about)) return;
    this.#rejected.add(about);
    this.warn(message);
  }
}

function growthOf({ from = 0, to = 0 }: RateChange): number {
  return to - from;
}

function isSame({ set, installedAt }: Overridden, job: JobSnapshot): boolean {
  return !job.isDefaultRate && job.rate === set && job.installedAt.getTime() === installedAt;
}
