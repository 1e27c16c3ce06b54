import type { Clock } from '../time/clock.js';
import type { AuditEntry, FleetJob, FleetProcess } from './fleet.js';
import type { FleetBackend, ProcessSighting } from './fleet-backend.js';
import { fleetJobOf, rateInForce } from './fleet-job.js';
import { FleetSum, type JobSum } from './fleet-sum.js';
import type { Orders } from './orders.js';
import { RateHistory, type Defaults } from './rate-history.js';
import type { ThisProcess } from './this-process.js';

/** How long a snapshot of the fleet is shared between callers. */
const FRESH_MS = 1000;

/** Reads the state of the fleet; while Redis is away, of this process alone. */
export class FleetView {
  readonly #history: RateHistory;
  readonly #snapshot: SharedSnapshot<FleetSum>;

  constructor(
    private readonly local: ThisProcess,
    private readonly own: FleetBackend,
    private readonly clock: Required<Clock>,
    defaults: Defaults,
  ) {
    this.#history = new RateHistory(clock, defaults);
    this.#snapshot = new SharedSnapshot(clock);
  }

  async processes(backend: FleetBackend): Promise<FleetProcess[]> {
    const sightings = await this.#read(backend, (from) => from.processes());
    const isThere = sightings.some(({ facts }) => facts.id === this.local.id);
    // A process that has just started is not in Redis yet.
    const all = isThere ? sightings : [...(await this.own.processes()), ...sightings];
    return all.map((sighting) => processOf(sighting, this.local.id)).sort(ownFirst);
  }

  async jobs(backend: FleetBackend): Promise<FleetJob[]> {
    const sum = await this.#read(backend, (from) =>
      from === this.own ? this.#sumUp(from) : this.#snapshot.read(() => this.#sumUp(from)),
    );
    const { orders } = this.local;
    const all = [...sum.jobs];
    const sums = rateSums(all, orders);
    this.#history.keep(all);
    const surveys = await this.local.survey(all.map(({ first }) => first));
    const now = this.clock.timestamp();
    return all.map((job, index) =>
      fleetJobOf(job, orders, surveys[index]!, now, (shown) => {
        const { recruiter, rate, paused, override, backlog } = shown;
        const room = Math.max(0, 1 - (sums.get(recruiter) ?? 0) + (isDefault(job, orders) ? 0 : rate));
        return this.#history.advise(job, { rate, room, paused, wasSet: override !== undefined, backlog });
      }),
    );
  }

  audit(backend: FleetBackend, limit: number): Promise<readonly AuditEntry[]> {
    return this.#read(backend, (from) => from.audit(limit));
  }

  async #read<T>(backend: FleetBackend, read: (backend: FleetBackend) => Promise<T>): Promise<T> {
    try {
      return await read(backend);
    } catch (error) {
      if (backend === this.own) throw error;
      return read(this.own);
    }
  }

  async #sumUp(backend: FleetBackend): Promise<FleetSum> {
    const sum = new FleetSum();
    for await (const reports of this.local.reports(backend)) for (const report of reports) sum.add(report);
    return sum;
  }
}

/** Sums of the rates in force, by recruiter. Default rates are what these leave, so they leave their room to others. */
function rateSums(all: readonly JobSum[], orders: Orders): Map<string, number> {
  const sums = new Map<string, number>();
  for (const job of all) {
    const { recruiter } = job.first;
    if (isDefault(job, orders)) continue;
    sums.set(recruiter, (sums.get(recruiter) ?? 0) + rateInForce(job, orders));
  }
  return sums;
}

function isDefault({ first, key }: JobSum, orders: Orders): boolean {
  return first.isDefaultRate && !orders.rates.has(key);
}

function processOf({ facts, seenAt }: ProcessSighting, ownId: string): FleetProcess {
  return { ...facts, since: new Date(facts.since), seenAt, isSelf: facts.id === ownId };
}

function ownFirst(a: FleetProcess, b: FleetProcess): number {
  return Number(b.isSelf) - Number(a.isSelf) || a.host.localeCompare(b.host) || a.pid - b.pid;
}

/** One snapshot for all callers within a second: many open pages cost no more than one. */
class SharedSnapshot<T> {
  #reading: Promise<T> | undefined;
  #latest: { readonly snapshot: T; readonly at: number } | undefined;

  constructor(private readonly clock: Clock) {}

  /** Returns the latest snapshot if it is fresh, and otherwise a new one. A failure is not kept. */
  async read(take: () => Promise<T>): Promise<T> {
    if (this.#latest !== undefined && this.clock.now() - this.#latest.at < FRESH_MS)
      return this.#latest.snapshot;
    this.#reading ??= this.#take(take).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #take(take: () => Promise<T>): Promise<T> {
    const snapshot = await take();
    this.#latest = { snapshot, at: this.clock.now() };
    return snapshot;
  }
}
