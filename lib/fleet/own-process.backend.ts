import type { Clock } from '../time/clock.js';
import { WorkStealingConfigError } from '../options/errors.js';
import type { AuditEntry, FleetAction } from './fleet.js';
import type { FleetBackend, FleetSite, ProcessSighting } from './fleet-backend.js';
import type { Extent } from './job-key.js';
import { changedOrders, MOST_ORDERS, NO_ORDERS, type Change, type Orders } from './orders.js';
import type { ProcessReport } from './process-report.js';

/** Entries that are kept of the audit list. */
export const AUDIT_KEPT = 500;

/** The fleet of one: what is ordered holds until this process ends. */
export class OwnProcessBackend implements FleetBackend {
  readonly scope = 'process';
  #orders = NO_ORDERS;
  readonly #audit: AuditEntry[] = [];

  constructor(
    private readonly site: FleetSite,
    private readonly clock: Required<Clock>,
  ) {}

  async processes(): Promise<ProcessSighting[]> {
    return [{ facts: this.site.report().process, seenAt: this.#now() }];
  }

  async *others(): AsyncGenerator<ProcessReport[]> {
    // There are none.
  }

  async orders(): Promise<Orders> {
    return this.#orders;
  }

  async change(change: Change, { revision }: Orders): Promise<Orders | undefined> {
    if (revision !== this.#orders.revision) return undefined;
    const changed = changedOrders(this.#orders, change, revision + 1, this.#now());
    const isMore =
      changed.rates.size + changed.pauses.size > this.#orders.rates.size + this.#orders.pauses.size;
    if (isMore && changed.rates.size + changed.pauses.size > MOST_ORDERS) {
      throw new WorkStealingConfigError(
        `${MOST_ORDERS} orders are in force already, so this one was not given; reset or resume some.`,
      );
    }
    this.#orders = changed;
    this.#note(change.action, change);
    return this.#orders;
  }

  async runOnce(job: Required<Extent>, by: string): Promise<void> {
    this.#note('run-once', { extent: job, by });
    const report = await this.site.recruit(job);
    if (report.outcome !== 'gated') return;
    throw new WorkStealingConfigError(
      `Job "${job.id}" was not run: ${REASONS[report.reason] ?? report.reason}`,
    );
  }

  async audit(limit: number): Promise<AuditEntry[]> {
    return this.#audit.slice(-limit).toReversed();
  }

  #note(action: FleetAction, { extent, by, rate }: Omit<Change, 'action'>): void {
    const { recruiter, id: jobId } = extent;
    this.#audit.push({ at: this.#now(), by, action, recruiter, jobId, rate });
    if (this.#audit.length > AUDIT_KEPT) this.#audit.shift();
  }

  #now(): Date {
    return new Date(this.clock.timestamp());
  }
}

const REASONS: Readonly<Record<string, string>> = {
  paused: 'it is paused; resume it first',
  closing: 'the application is closing',
  busy: 'this process runs as many slices as it may; try again',
  'lease-held': 'another process runs a slice of it',
  'pace-spent': 'the pace of the fleet is spent; try again',
};
