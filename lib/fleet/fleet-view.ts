import type { Clock } from '../time/clock.js';
import type { AuditEntry, FleetJob, FleetProcess } from './fleet.js';
import type { FleetBackend, ProcessSighting } from './fleet-backend.js';
import { fleetJobOf, rateInForce } from './fleet-job.js';
import type { OwnSite } from './fleet-site.js';
import { FleetSum } from './fleet-sum.js';
import type { JobSum } from './job-sum.js';
import type { Orders } from './orders.js';
import { RateHistory, type Defaults } from './rate-history.js';
import { SharedLook } from './shared-look.js';

/** What is seen of the fleet; while Redis is away, of this process alone. */
export class FleetView {
  readonly #history: RateHistory;
  readonly #shared: SharedLook<FleetSum>;

  constructor(
    private readonly site: OwnSite,
    private readonly own: FleetBackend,
    clock: Required<Clock>,
    defaults: Defaults,
  ) {
    this.#history = new RateHistory(clock, defaults);
    this.#shared = new SharedLook(clock);
  }

  async processes(backend: FleetBackend): Promise<FleetProcess[]> {
    const sightings = await this.#read(backend, (from) => from.processes());
    const isThere = sightings.some(({ facts }) => facts.id === this.site.id);
    // It takes a moment until Redis knows of a process that has just been started.
    const all = isThere ? sightings : [...(await this.own.processes()), ...sightings];
    return all.map((sighting) => processOf(sighting, this.site.id)).sort(ownFirst);
  }

  async jobs(backend: FleetBackend): Promise<FleetJob[]> {
    const sum = await this.#read(backend, (from) =>
      from === this.own ? this.#sumUp(from) : this.#shared.through(() => this.#sumUp(from)),
    );
    const { orders } = this.site;
    const all = [...sum.jobs];
    const taken = ratesOf(all, orders);
    this.#history.keep(all);
    const surveys = await this.site.survey(all.map(({ first }) => first));
    return all.map((job, index) =>
      fleetJobOf(job, orders, surveys[index]!, (shown) => {
        const { recruiter, rate, paused, override, backlog } = shown;
        const room = Math.max(0, 1 - (taken.get(recruiter) ?? 0) + rate);
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
    for await (const reports of this.site.reports(backend)) for (const report of reports) sum.add(report);
    return sum;
  }
}

/** Sums of the rates in force, by recruiter. */
function ratesOf(all: readonly JobSum[], orders: Orders): Map<string, number> {
  const sums = new Map<string, number>();
  for (const job of all) {
    const { recruiter } = job.first;
    sums.set(recruiter, (sums.get(recruiter) ?? 0) + rateInForce(job, orders));
  }
  return sums;
}

function processOf({ facts, seenAt }: ProcessSighting, ownId: string): FleetProcess {
  return { ...facts, since: new Date(facts.since), seenAt, isSelf: facts.id === ownId };
}

function ownFirst(a: FleetProcess, b: FleetProcess): number {
  return Number(b.isSelf) - Number(a.isSelf) || a.host.localeCompare(b.host) || a.pid - b.pid;
}
