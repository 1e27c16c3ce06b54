import type { Clock } from '../time/clock.js';
import { WorkStealingConfigError } from '../options/errors.js';
import type { FleetBackend } from './fleet-backend.js';
import { FleetUnavailableError } from './fleet.js';
import { changedOrders, type Change, type Orders } from './orders.js';
import type { ProcessReport } from './process-report.js';
import { checkSum, RateLedger } from './rate-ledger.js';
import { keyOf, type Target } from './target.js';
import type { ThisProcess } from './this-process.js';

/** Attempts at a change when other processes change the orders at the same moment. */
const MAX_ATTEMPTS = 20;
/** Maximum of changes that wait in one process. */
const MAX_PENDING = 10_000;

/** A change whose caller waits for it. */
interface PendingChange {
  readonly backend: FleetBackend;
  readonly change: Change;
  attempts: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Changes the orders of the fleet after checking that they are valid. The changes of one process are made one after the
 * other, so that they do not conflict, and all pending ones are checked against one snapshot of the fleet.
 */
export class FleetControl {
  readonly #pending: PendingChange[] = [];
  #isWorking = false;

  constructor(
    private readonly local: ThisProcess,
    private readonly clock: Required<Clock>,
  ) {}

  async change(backend: FleetBackend, change: Change): Promise<void> {
    if (this.#pending.length >= MAX_PENDING) {
      throw new FleetUnavailableError(
        `${MAX_PENDING} changes of the fleet are pending in this process already; this one was not made. Try again later.`,
      );
    }
    return new Promise((done, failed) => {
      this.#pending.push({ backend, change, attempts: 0, done, failed });
      if (!this.#isWorking) void this.#work();
    });
  }

  runOnce(backend: FleetBackend, job: Required<Target>, by: string): Promise<void> {
    return translateErrors(async () => {
      if (!this.local.has(job) && !(await this.#isKnown(backend, job))) throw unknown(job);
      await backend.runOnce(job, by);
    });
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // Changes requested in the same turn of the event loop are checked together.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const all = this.#pending.splice(0);
      try {
        await translateErrors(() => this.#changeAll(all[0]!.backend, all));
      } catch (error) {
        for (const { failed } of all) failed(error);
      }
    }
    this.#isWorking = false;
  }

  /** Removes the settled changes from `pending`; when it throws, the caller settles the others. */
  async #changeAll(backend: FleetBackend, pending: PendingChange[]): Promise<void> {
    while (pending.length > 0) {
      let orders = await backend.orders();
      const ledger = await this.#ledgerFor(backend, pending, orders);
      const made: PendingChange[] = [];
      try {
        while (pending.length > 0) {
          const next = pending[0]!;
          const after = await this.#changeOne(backend, next, orders, ledger);
          if (after === undefined) break;
          pending.shift();
          if (after === orders) continue;
          orders = after;
          made.push(next);
        }
      } finally {
        this.local.apply(orders);
        for (const { done } of made) done();
      }
    }
  }

  /**
   * Returns the orders after the change; the same ones if it is rejected; undefined if another process has changed them
   * meanwhile, so that a new snapshot is needed.
   */
  async #changeOne(
    backend: FleetBackend,
    pending: PendingChange,
    orders: Orders,
    ledger: RateLedger,
  ): Promise<Orders | undefined> {
    const { change, failed } = pending;
    try {
      await this.#check(backend, change, orders, ledger);
    } catch (error) {
      failed(error);
      return orders;
    }
    const changed = await backend.change(change, orders);
    if (changed !== undefined) {
      ledger.enter(change, orders);
      return changed;
    }
    if (++pending.attempts < MAX_ATTEMPTS) return undefined;
    failed(
      new FleetUnavailableError(
        `Other processes keep changing the fleet; nothing was changed after ${MAX_ATTEMPTS} attempts. Try again.`,
      ),
    );
    return orders;
  }

  /** Reads one snapshot of the fleet for all changes, unless this process alone can check them. */
  async #ledgerFor(
    backend: FleetBackend,
    all: readonly PendingChange[],
    orders: Orders,
  ): Promise<RateLedger> {
    const changes = all.map(({ change }) => change);
    const ledger = new RateLedger(changes, orders);
    const isKnownHere = ({ action, target }: Change) => !action.endsWith('-rate') && this.local.has(target);
    if (changes.every(isKnownHere)) return ledger;
    for await (const reports of this.local.reports(backend)) for (const report of reports) ledger.add(report);
    return ledger;
  }

  /** @throws WorkStealingConfigError if the change is not allowed. */
  async #check(backend: FleetBackend, change: Change, orders: Orders, ledger: RateLedger): Promise<void> {
    const { target } = change;
    const isKnown = this.local.has(target) || ledger.knows(target) || revokesOrder(change, orders);
    if (!isKnown) throw unknown(target);
    if (change.rate === 0 && ledger.isPeriodic(target)) throw periodicProblem(target);
    if (ledger.fits(change, orders)) return;
    // Checked again for the table of all rates in the message.
    const changed = changedOrders(orders, change, orders.revision, new Date(this.clock.timestamp()));
    for await (const reports of this.local.reports(backend)) checkSum(reports, target.recruiter, changed);
  }

  async #isKnown(backend: FleetBackend, target: Target): Promise<boolean> {
    for await (const reports of this.local.reports(backend)) {
      if (reports.some((report) => knows(report, target))) return true;
    }
    return false;
  }
}

async function translateErrors(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof WorkStealingConfigError || error instanceof FleetUnavailableError) throw error;
    throw new FleetUnavailableError(
      `Redis does not answer, or rejects the command, so the fleet was not changed; a command that Redis has received ` +
        `but not confirmed may still take effect. ${String(error)}`,
      { cause: error },
    );
  }
}

/** Whether the change revokes an order, which is allowed for a job that no process has any more. */
function revokesOrder({ action, target }: Change, { rates, pauses }: Orders): boolean {
  if (action === 'reset-rate') return rates.has(keyOf(target));
  return action === 'resume' && pauses.has(keyOf(target));
}

function knows({ recruiters, jobs }: ProcessReport, { recruiter, id }: Target): boolean {
  return id === undefined
    ? recruiters.some(({ name }) => name === recruiter)
    : jobs.some((job) => job.recruiter === recruiter && job.id === id);
}

function periodicProblem({ id }: Target): WorkStealingConfigError {
  return new WorkStealingConfigError(
    `Job ${JSON.stringify(id)} runs by \`every\`, so its passes would begin even at a rate of 0; nothing was changed. ` +
      'To stop it, pause it.',
  );
}

function unknown({ recruiter, id }: Target): WorkStealingConfigError {
  const name = JSON.stringify(recruiter);
  const what = id === undefined ? `recruiter ${name}` : `job ${JSON.stringify(id)} in recruiter ${name}`;
  return new WorkStealingConfigError(`No process of the fleet has a ${what}; nothing was changed.`);
}
