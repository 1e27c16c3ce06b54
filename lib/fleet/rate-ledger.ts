import { RATE_TOLERANCE } from '../recruiter/lottery.js';
import { keyOf, type Extent } from './job-key.js';
import type { Change, Orders } from './orders.js';
import type { ProcessReport } from './process-report.js';

/** The rates of one recruiter in one process. */
interface Account {
  sum: number;
  /** Of the jobs that are to be changed, by {@link keyOf}. */
  readonly declared: ReadonlyMap<string, number>;
}

/**
 * What several changes of rates have to be checked against, taken from one look at the fleet: the sum of each process,
 * and what it declares of the jobs that change. Processes declare different jobs while a new version is rolled out.
 */
export class RateLedger {
  readonly #known = new Set<string>();
  readonly #accounts = new Map<string, Account[]>();
  readonly #keys: ReadonlySet<string>;
  readonly #recruiters: ReadonlySet<string>;

  constructor(
    changes: readonly Change[],
    private readonly orders: Orders,
  ) {
    this.#keys = new Set(changes.map(({ extent }) => keyOf(extent)));
    const ofRates = changes.filter(({ action }) => action.endsWith('-rate'));
    this.#recruiters = new Set(ofRates.map(({ extent }) => extent.recruiter));
  }

  add({ recruiters, jobs }: ProcessReport): void {
    for (const { name } of recruiters) this.#known.add(keyOf({ recruiter: name }));
    const sums = new Map<string, { sum: number; declared: Map<string, number> }>();
    for (const job of jobs) {
      const key = keyOf(job);
      const isChanged = this.#keys.has(key);
      if (isChanged) this.#known.add(key);
      if (!this.#recruiters.has(job.recruiter)) continue;
      let account = sums.get(job.recruiter);
      if (account === undefined) sums.set(job.recruiter, (account = { sum: 0, declared: new Map() }));
      account.sum += this.orders.rates.get(key)?.rate ?? job.declaredRate;
      if (isChanged) account.declared.set(key, job.declaredRate);
    }
    for (const [recruiter, account] of sums) {
      const known = this.#accounts.get(recruiter);
      if (known === undefined) this.#accounts.set(recruiter, [account]);
      else known.push(account);
    }
  }

  /** Whether some process has the job, or the recruiter. */
  knows(extent: Extent): boolean {
    return this.#known.has(keyOf(extent));
  }

  /** Whether the rates of a recruiter add up to 1 at most in every process after the change. */
  fits(change: Change, orders: Orders): boolean {
    return this.#sumsAfter(change, orders).every(([, sum]) => sum <= 1 + RATE_TOLERANCE);
  }

  /** Enters a change that has come into force. */
  enter(change: Change, orders: Orders): void {
    for (const [account, sum] of this.#sumsAfter(change, orders)) account.sum = sum;
  }

  #sumsAfter({ action, extent, rate }: Change, orders: Orders): (readonly [Account, number])[] {
    if (!action.endsWith('-rate')) return [];
    const key = keyOf(extent);
    return (this.#accounts.get(extent.recruiter) ?? []).map((account) => {
      const declared = account.declared.get(key);
      if (declared === undefined) return [account, account.sum];
      const before = orders.rates.get(key)?.rate ?? declared;
      return [account, account.sum - before + (action === 'set-rate' ? rate! : declared)];
    });
  }
}
