import type { Clock } from '../time/clock.js';
import { WorkStealingConfigError } from '../options/errors.js';
import type { AuditEntry, FleetAction } from './fleet.js';
import type { FleetBackend, LocalProcess, ProcessSighting } from './fleet-backend.js';
import { changedOrders, MAX_ORDERS, NO_ORDERS, type Change, type Orders } from './orders.js';
import type { ProcessReport } from './process-report.js';
import type { Target } from './target.js';

/** Length of the audit list. */
export const MAX_AUDIT_ENTRIES = 500;

/** A fleet of this process alone: orders are in force until it ends. */
export class LocalBackend implements FleetBackend {
  readonly scope = 'process';
  #orders = NO_ORDERS;
  readonly #audit: AuditEntry[] = [];

  constructor(
    private readonly local: LocalProcess,
    private readonly clock: Required<Clock>,
  ) {}

  async processes(): Promise<ProcessSighting[]> {
    return [{ facts: this.local.report().process, seenAt: this.#now() }];
  }

  async *others(): AsyncGenerator<ProcessReport[]> {
    // No other processes.
  }

  async orders(): Promise<Orders> {
    return this.#orders;
  }

  async change(change: Change, { revision }: Orders): Promise<Orders | undefined> {
    if (revision !== this.#orders.revision) return undefined;
    const changed = changedOrders(this.#orders, change, revision + 1, this.#now());
    const isMore =
      changed.rates.size + changed.pauses.size > this.#orders.rates.size + this.#orders.pauses.size;
    if (isMore && changed.rates.size + changed.pauses.size > MAX_ORDERS) {
      throw new WorkStealingConfigError(
        `${MAX_ORDERS} orders are in force already, so this one was rejected; reset or resume some.`,
      );
    }
    this.#orders = changed;
    this.#record(change.action, change);
    return this.#orders;
  }

  async runOnce(job: Required<Target>, by: string): Promise<void> {
    this.#record('run-once', { target: job, by });
    const report = await this.local.recruit(job);
    if (report.outcome !== 'gated') return;
    throw new WorkStealingConfigError(
      `Job "${job.id}" was not run: ${REASONS[report.reason] ?? report.reason}`,
    );
  }

  async audit(limit: number): Promise<AuditEntry[]> {
    return this.#audit.slice(-limit).toReversed();
  }

  #record(action: FleetAction, { target, by, rate }: Omit<Change, 'action'>): void {
    const { recruiter, id: jobId } = target;
    this.#audit.push({ at: this.#now(), by, action, recruiter, jobId, rate });
    if (this.#audit.length > MAX_AUDIT_ENTRIES) this.#audit.shift();
  }

  #now(): Date {
    return new Date(this.clock.timestamp());
  }
}

/** Why a gate refused a slice. */
const REASONS: Readonly<Record<string, string>> = {
  paused: 'it is paused; resume it first',
  closing: 'the application is closing',
  busy: 'this process runs its maximum of slices already; try again',
  'lease-held': 'another process runs a slice of it',
  'pace-spent': 'the pace of the fleet is used up; try again',
};
