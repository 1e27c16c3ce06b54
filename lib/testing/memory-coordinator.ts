import { keyOf, MemoryPeriods } from '../recruiter/coordination/memory-periods.js';
import type {
  Coordinator,
  JobRef,
  Lease,
  LeaseCoordinator,
  PaceCoordinator,
  PeriodCoordinator,
} from '../recruiter/coordination/coordinator.js';
import { SteadyClock, systemClock, type Clock } from '../time/clock.js';

/**
 * Coordinates leases, paces and periods in memory, by the same rules as Redis, so that "once in the fleet" can be tested
 * without a server. {@link WorkStealingTestingModule} provides one. Recruiters that share one act like the processes of a
 * fleet:
 *
 * ```ts
 * const fleet = new MemoryCoordinator();
 * first.useCoordinator(fleet);
 * second.useCoordinator(fleet);
 * ```
 */
export class MemoryCoordinator implements Coordinator {
  readonly lease: LeaseCoordinator;
  readonly pace: PaceCoordinator;
  readonly period: PeriodCoordinator;
  readonly #clock: Required<Clock>;
  readonly #leases = new Map<string, { token: number; expiresAt: number }>();
  readonly #nextAt = new Map<string, number>();
  #tokens = 0;

  /** @param clock - the clock of the recruiters. Default: the system's. */
  constructor(clock: Clock = systemClock) {
    this.#clock = new SteadyClock(clock);
    this.lease = { acquire: async (job, ttl) => this.#acquire(job, ttl) };
    this.pace = { take: async (job, perSecond) => this.#take(job, perSecond) };
    this.period = new MemoryPeriods(this.#clock);
  }

  #acquire(job: JobRef, ttl: number): Lease | undefined {
    const key = keyOf(job);
    const now = this.#clock.now();
    if ((this.#leases.get(key)?.expiresAt ?? -Infinity) > now) return undefined;
    const held = { token: ++this.#tokens, expiresAt: now + ttl };
    this.#leases.set(key, held);
    const release = async () => {
      if (this.#leases.get(key) === held) this.#leases.delete(key);
    };
    return { fencingToken: held.token, release };
  }

  #take(job: JobRef, perSecond: number): number {
    const key = keyOf(job);
    const now = this.#clock.now();
    const nextAt = this.#nextAt.get(key) ?? -Infinity;
    if (now < nextAt) return nextAt - now;
    this.#nextAt.set(key, now + 1000 / perSecond);
    return 0;
  }
}
