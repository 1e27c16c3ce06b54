import type { Clock } from '../time/clock.js';
import { WorkStealingConfigError } from '../options/errors.js';
import type { FleetBackend } from './fleet-backend.js';
import type { OwnSite } from './fleet-site.js';
import { FleetUnavailableError } from './fleet-unavailable.error.js';
import { keyOf, type Extent } from './job-key.js';
import { changedOrders, type Change, type Orders } from './orders.js';
import type { ProcessReport } from './process-report.js';
import { RateLedger } from './rate-ledger.js';
import { checkSum } from './sum-rule.js';

/** Attempts at a change when other processes change the orders at the same moment. */
const ATTEMPTS = 20;
/** Changes of one process that wait for their turn. */
const MOST_WAITING = 10_000;

/** A change that somebody waits for. */
interface Wanted {
  readonly backend: FleetBackend;
  readonly change: Change;
  attempts: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Changes what is in force in the fleet, if that is allowed. The changes of one process take turns, so that they do not
 * get in each other's way, and all that wait are checked against one look at the fleet.
 */
export class FleetControl {
  readonly #waiting: Wanted[] = [];
  #isWorking = false;

  constructor(
    private readonly site: OwnSite,
    private readonly clock: Required<Clock>,
  ) {}

  async change(backend: FleetBackend, change: Change): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) {
      throw new FleetUnavailableError(
        `${MOST_WAITING} changes of the fleet wait in this process already; this one was not made. Try again later.`,
      );
    }
    return new Promise((done, failed) => {
      this.#waiting.push({ backend, change, attempts: 0, done, failed });
      if (!this.#isWorking) void this.#work();
    });
  }

  runOnce(backend: FleetBackend, job: Required<Extent>, by: string): Promise<void> {
    return steer(async () => {
      if (!this.site.has(job) && !(await this.#isKnown(backend, job))) throw unknown(job);
      await backend.runOnce(job, by);
    });
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // Those that are asked for in the same turn of the event loop are checked together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const all = this.#waiting.splice(0);
      try {
        await steer(() => this.#changeAll(all[0]!.backend, all));
      } catch (error) {
        for (const { failed } of all) failed(error);
      }
    }
    this.#isWorking = false;
  }

  /** Takes those that are settled off the list. Those that are left at its end, or when it throws, are not. */
  async #changeAll(backend: FleetBackend, left: Wanted[]): Promise<void> {
    while (left.length > 0) {
      let orders = await backend.orders();
      const ledger = await this.#lookAt(backend, left, orders);
      const made: Wanted[] = [];
      try {
        while (left.length > 0) {
          const wanted = left[0]!;
          const after = await this.#changeOne(backend, wanted, orders, ledger);
          if (after === undefined) break;
          left.shift();
          if (after === orders) continue;
          orders = after;
          made.push(wanted);
        }
      } finally {
        this.site.apply(orders);
        for (const { done } of made) done();
      }
    }
  }

  /**
   * The orders after the change, which are those of before where it is refused; undefined where somebody was faster, so
   * that all has to be looked at again.
   */
  async #changeOne(
    backend: FleetBackend,
    wanted: Wanted,
    orders: Orders,
    ledger: RateLedger,
  ): Promise<Orders | undefined> {
    const { change, failed } = wanted;
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
    if (++wanted.attempts < ATTEMPTS) return undefined;
    failed(
      new FleetUnavailableError(
        `Others change the fleet all the time; nothing was changed after ${ATTEMPTS} attempts. Try again.`,
      ),
    );
    return orders;
  }

  /** One look for all of them, unless this process alone knows enough. */
  async #lookAt(backend: FleetBackend, all: readonly Wanted[], orders: Orders): Promise<RateLedger> {
    const changes = all.map(({ change }) => change);
    const ledger = new RateLedger(changes, orders);
    const isKnownHere = ({ action, extent }: Change) => !action.endsWith('-rate') && this.site.has(extent);
    if (changes.every(isKnownHere)) return ledger;
    for await (const reports of this.site.reports(backend)) for (const report of reports) ledger.add(report);
    return ledger;
  }

  /** @throws WorkStealingConfigError where the change is not allowed. */
  async #check(backend: FleetBackend, change: Change, orders: Orders, ledger: RateLedger): Promise<void> {
    const { extent } = change;
    const isKnown = this.site.has(extent) || ledger.knows(extent) || endsSomething(change, orders);
    if (!isKnown) throw unknown(extent);
    if (ledger.fits(change, orders)) return;
    // Once more, for the table of all rates that goes into the message.
    const wanted = changedOrders(orders, change, orders.revision, new Date(this.clock.timestamp()));
    for await (const reports of this.site.reports(backend)) checkSum(reports, extent.recruiter, wanted);
  }

  async #isKnown(backend: FleetBackend, extent: Extent): Promise<boolean> {
    for await (const reports of this.site.reports(backend)) {
      if (reports.some((report) => knows(report, extent))) return true;
    }
    return false;
  }
}

async function steer(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof WorkStealingConfigError || error instanceof FleetUnavailableError) throw error;
    throw new FleetUnavailableError(
      `Redis does not answer, or refuses, so the fleet was not changed; what was under way when it fell silent may ` +
        `still come into force. ${String(error)}`,
      { cause: error },
    );
  }
}

/** What was ordered for a job that no process has any more can be taken back. */
function endsSomething({ action, extent }: Change, { rates, pauses }: Orders): boolean {
  if (action === 'reset-rate') return rates.has(keyOf(extent));
  return action === 'resume' && pauses.has(keyOf(extent));
}

function knows({ recruiters, jobs }: ProcessReport, { recruiter, id }: Extent): boolean {
  return id === undefined
    ? recruiters.some(({ name }) => name === recruiter)
    : jobs.some((job) => job.recruiter === recruiter && job.id === id);
}

function unknown({ recruiter, id }: Extent): WorkStealingConfigError {
  const name = JSON.stringify(recruiter);
  const what = id === undefined ? `recruiter ${name}` : `job ${JSON.stringify(id)} in recruiter ${name}`;
  return new WorkStealingConfigError(`No process of the fleet has a ${what}; nothing was changed.`);
}
