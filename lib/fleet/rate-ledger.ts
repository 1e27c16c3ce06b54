import { WorkStealingConfigError } from '../options/errors.js';
import { RATE_TOLERANCE } from '../recruiter/lottery.js';
import { rateSumProblem } from '../recruiter/rate/rate-sum.js';
import type { Change, Orders } from './orders.js';
import type { JobReport, ProcessReport } from './process-report.js';
import { keyOf, type Target } from './target.js';

/** The rates of one recruiter in one process. */
interface Account {
  sum: number;
  /** Declared rates of the jobs that the changes are for, by {@link keyOf}; 0 for the default rate. */
  readonly declared: ReadonlyMap<string, number>;
}

/**
 * Checks several changes of rates against one snapshot of the fleet: the sum of rates in each process, and its declared
 * rates of the jobs that change. Processes declare different jobs while a new version is rolled out.
 */
export class RateLedger {
  readonly #known = new Set<string>();
  readonly #periodic = new Set<string>();
  readonly #accounts = new Map<string, Account[]>();
  readonly #keys: ReadonlySet<string>;
  readonly #recruiters: ReadonlySet<string>;

  constructor(
    changes: readonly Change[],
    private readonly orders: Orders,
  ) {
    this.#keys = new Set(changes.map(({ target }) => keyOf(target)));
    const ofRates = changes.filter(({ action }) => action.endsWith('-rate'));
    this.#recruiters = new Set(ofRates.map(({ target }) => target.recruiter));
  }

  add({ recruiters, jobs }: ProcessReport): void {
    for (const { name } of recruiters) this.#known.add(keyOf({ recruiter: name }));
    const sums = new Map<string, { sum: number; declared: Map<string, number> }>();
    for (const job of jobs) {
      const key = keyOf(job);
      const isChanged = this.#keys.has(key);
      if (isChanged) this.#known.add(key);
      if (isChanged && job.period !== undefined) this.#periodic.add(key);
      if (!this.#recruiters.has(job.recruiter)) continue;
      let account = sums.get(job.recruiter);
      if (account === undefined) sums.set(job.recruiter, (account = { sum: 0, declared: new Map() }));
      const declared = claimOf(job);
      account.sum += this.orders.rates.get(key)?.rate ?? declared;
      if (isChanged) account.declared.set(key, declared);
    }
    for (const [recruiter, account] of sums) {
      const known = this.#accounts.get(recruiter);
      if (known === undefined) this.#accounts.set(recruiter, [account]);
      else known.push(account);
    }
  }

  /** Whether any process has the job or the recruiter. */
  knows(target: Target): boolean {
    return this.#known.has(keyOf(target));
  }

  /** Whether any process runs the job by `every`. */
  isPeriodic(target: Target): boolean {
    return this.#periodic.has(keyOf(target));
  }

  /** Whether the rates of a recruiter add up to at most 1 in every process after the change. */
  fits(change: Change, orders: Orders): boolean {
    return this.#sumsAfter(change, orders).every(([, sum]) => sum <= 1 + RATE_TOLERANCE);
  }

  /** Records a change that is in force. */
  enter(change: Change, orders: Orders): void {
    for (const [account, sum] of this.#sumsAfter(change, orders)) account.sum = sum;
  }

  #sumsAfter({ action, target, rate }: Change, orders: Orders): (readonly [Account, number])[] {
    if (!action.endsWith('-rate')) return [];
    const key = keyOf(target);
    return (this.#accounts.get(target.recruiter) ?? []).map((account) => {
      const declared = account.declared.get(key);
      if (declared === undefined) return [account, account.sum];
      const before = orders.rates.get(key)?.rate ?? declared;
      return [account, account.sum - before + (action === 'set-rate' ? rate! : declared)];
    });
  }
}

/**
 * Checks that the rates of one recruiter add up to at most 1 in each process. Processes declare different jobs while a new
 * version is rolled out, so each is checked separately.
 *
 * @throws WorkStealingConfigError with a table of the first process in which they do not.
 */
export function checkSum(reports: readonly ProcessReport[], recruiter: string, orders: Orders): void {
  for (const { process, jobs } of reports) {
    const rows = jobs
      .filter((job) => job.recruiter === recruiter && (!job.isDefaultRate || orders.rates.has(keyOf(job))))
      .map((job) => ({ id: job.id, rate: orders.rates.get(keyOf(job))?.rate ?? claimOf(job) }));
    const where = `in process ${process.pid} on ${process.host}`;
    const problem = rateSumProblem(
      rows,
      (sum) => `The rates of recruiter "${recruiter}" would add up to ${sum}, more than 1, ${where}`,
    );
    if (problem !== undefined) throw new WorkStealingConfigError(problem);
  }
}

/** What a job takes of the sum of rates by itself: the default rate is what the others leave. */
function claimOf({ declaredRate, isDefaultRate }: JobReport): number {
  return isDefaultRate ? 0 : declaredRate;
}
