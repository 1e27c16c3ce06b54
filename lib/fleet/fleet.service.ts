import { Injectable, Logger } from '@nestjs/common';
import { SteadyClock, systemClock, type Clock } from '../recruiter/clock.js';
import { WorkStealingConfigError } from '../recruiter/errors.js';
import type { JobSurvey } from '../recruiter/survey.js';
import { Recruiters } from '../recruiters.js';
import type { AuditEntry, Fleet, FleetJob, FleetProcess, JobRef } from './fleet.js';
import { checkJobOrder, checkLimit, checkOrder } from './fleet-arguments.js';
import type { FleetBackend, FleetSite, ProcessSighting } from './fleet-backend.js';
import { fleetJobOf } from './fleet-job.js';
import { FleetSum } from './fleet-sum.js';
import { FleetUnavailableError } from './fleet-unavailable.error.js';
import type { JobSum } from './job-sum.js';
import { type Extent, keyOf } from './job-key.js';
import { changedOrders, type Change, type Orders } from './orders.js';
import { OwnProcess } from './own-process.js';
import { OwnProcessBackend } from './own-process.backend.js';
import type { ProcessReport } from './process-report.js';
import { SharedLook } from './shared-look.js';
import { Steering } from './steering.js';
import { checkSum } from './sum-rule.js';

/** Entries of the audit list where no limit is given. */
const AUDIT_SHOWN = 50;
/** A job that does not say what waits is left out after so long: ms. */
const SURVEY_PATIENCE = 500;
/** So often is a change tried anew when others change the orders at the same moment. */
const ATTEMPTS = 10;

/**
 * Sees and steers the fleet. With `WorkStealingRedisModule` that is every process that shares its Redis and prefix;
 * without, this process alone, where nothing is kept or measured until somebody asks.
 */
@Injectable()
export class FleetService implements Fleet {
  readonly #logger = new Logger('WorkStealing');
  readonly #clock: Required<Clock>;
  readonly #steering: Steering;
  readonly #process: OwnProcess;
  readonly #own: FleetBackend;
  readonly #site: FleetSite;
  readonly #shared: SharedLook<FleetSum>;
  #backend: FleetBackend;

  constructor(
    private readonly recruiters: Recruiters,
    clock: Clock = systemClock,
  ) {
    this.#clock = new SteadyClock(clock);
    this.#shared = new SharedLook(this.#clock);
    this.#steering = new Steering(recruiters, (text) => this.#logger.warn(text));
    this.#process = new OwnProcess(recruiters, this.#clock, (recruiter, job) =>
      this.#steering.declaredRate(recruiter, job),
    );
    this.#site = this.#makeSite();
    this.#own = this.#backend = new OwnProcessBackend(this.#site, this.#clock);
  }

  /** Whether the whole fleet is seen and steered, or this process alone: without Redis, or while it is away. */
  get scope(): 'fleet' | 'process' {
    return this.#backend.scope;
  }

  /** The processes alive, this one first, then by host and pid. Never rejects. */
  async processes(): Promise<readonly FleetProcess[]> {
    const sightings = await this.#read((backend) => backend.processes());
    const isThere = sightings.some(({ facts }) => facts.id === this.#process.id);
    // It takes a moment until Redis knows of a process that has just been started.
    const all = isThere ? sightings : [...(await this.#own.processes()), ...sightings];
    return all.map((sighting) => processOf(sighting, this.#process.id)).sort(ownFirst);
  }

  /** The jobs of all processes alive: those of this one in the order of installation, then the others. Never rejects. */
  async jobs(): Promise<readonly FleetJob[]> {
    const sum = await this.#read((backend) =>
      backend === this.#own ? this.#sumUp(backend) : this.#shared.through(() => this.#sumUp(backend)),
    );
    const { orders } = this.#steering;
    const surveys = [...sum.jobs].map(async (job) => fleetJobOf(job, orders, await this.#survey(job)));
    return Promise.all(surveys);
  }

  /**
   * What was done to the fleet, the latest first. Never rejects for Redis.
   *
   * @param limit - entries at most: 1 to 500, 50 by default.
   * @throws WorkStealingConfigError when it is no whole number of at least 1.
   */
  async audit(limit: number = AUDIT_SHOWN): Promise<readonly AuditEntry[]> {
    const most = checkLimit(limit);
    return this.#read((backend) => backend.audit(most));
  }

  /**
   * Overrides the declared rate of a job, in every process, until it is reset.
   *
   * @param by - who does it: 1 to 200 characters.
   * @throws WorkStealingConfigError when no process has such a job, the rate is not from 0 to 1, or all rates would add
   * up to more than 1 in some process; FleetUnavailableError when Redis does not answer. Nothing has changed then.
   */
  async setRate(job: JobRef, rate: number, by: string): Promise<void> {
    const extent = checkJobOrder(job, by, { rate });
    await this.#change({ action: 'set-rate', extent, by, rate });
  }

  /**
   * Goes back to the declared rate.
   *
   * @throws as {@link FleetService.setRate} does.
   */
  async resetRate(job: JobRef, by: string): Promise<void> {
    await this.#change({ action: 'reset-rate', extent: checkJobOrder(job, by), by });
  }

  /**
   * Stops slices of one job, or without `id` of all jobs of a recruiter, until it is resumed.
   *
   * @throws WorkStealingConfigError when no process has such a job or recruiter; FleetUnavailableError when Redis does
   * not answer.
   */
  async pause(job: Partial<JobRef>, by: string): Promise<void> {
    await this.#change({ action: 'pause', extent: checkOrder(job, by), by });
  }

  /**
   * Ends a pause of the same extent. What code has paused is not ended by it.
   *
   * @throws as {@link FleetService.pause} does.
   */
  async resume(job: Partial<JobRef>, by: string): Promise<void> {
    await this.#change({ action: 'resume', extent: checkOrder(job, by), by });
  }

  /**
   * Has one process that has the job run one slice of it, past the lottery and the load gates. With Redis it resolves
   * when the order stands; it is taken up within a second, or expires after ten. Without, when the slice has ended.
   *
   * @throws WorkStealingConfigError when no process has such a job, or (without Redis) it could not be run now;
   * FleetUnavailableError when Redis does not answer.
   */
  async runOnce(job: JobRef, by: string): Promise<void> {
    const extent = checkJobOrder(job, by);
    await this.#steer(async () => {
      if (!(await this.#isKnown(extent))) throw unknown(extent);
      await this.#backend.runOnce(extent, by);
    });
  }

  /**
   * Where the fleet's reports and orders are kept from now on.
   *
   * @internal
   */
  use(make: (site: FleetSite) => FleetBackend, version?: string): void {
    this.#process.version = version;
    this.#backend = make(this.#site);
  }

  #makeSite(): FleetSite {
    const steering = this.#steering;
    const find = (name: string) => this.recruiters.all.find((recruiter) => recruiter.name === name);
    return {
      id: this.#process.id,
      get orders() {
        return steering.orders;
      },
      report: () => this.#process.report(),
      apply: (orders) => steering.apply(orders),
      has: ({ recruiter, id }) => find(recruiter)?.jobs.some((job) => job.id === id) ?? false,
      recruit: ({ recruiter, id }) => this.recruiters.get(recruiter).recruit(id),
    };
  }

  /** The rule is checked against what is seen now; a revision that has grown since means to check it again. */
  #change(change: Change): Promise<void> {
    return this.#steer(async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const seen = await this.#backend.orders();
        await this.#checkChange(change, seen);
        const changed = await this.#backend.change(change, seen);
        if (changed !== undefined) return this.#steering.apply(changed);
      }
      throw new FleetUnavailableError(
        `Others change the fleet all the time; nothing was changed after ${ATTEMPTS} attempts. Try again.`,
      );
    });
  }

  async #checkChange(change: Change, seen: Orders): Promise<void> {
    const { extent } = change;
    const wanted = changedOrders(seen, change, seen.revision, new Date(this.#clock.timestamp()));
    let isKnown = endsSomething(change, seen);
    for await (const reports of this.#reports(this.#backend)) {
      isKnown ||= reports.some((report) => knows(report, extent));
      checkSum(reports, extent.recruiter, wanted);
    }
    if (!isKnown) throw unknown(extent);
  }

  async #steer(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof WorkStealingConfigError || error instanceof FleetUnavailableError) throw error;
      throw new FleetUnavailableError(
        `Redis does not answer, so the fleet was not changed: ${String(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  /** While Redis is away this process alone is seen. */
  async #read<T>(read: (backend: FleetBackend) => Promise<T>): Promise<T> {
    try {
      return await read(this.#backend);
    } catch (error) {
      if (this.#backend === this.#own) throw error;
      return read(this.#own);
    }
  }

  async #isKnown(extent: Extent): Promise<boolean> {
    for await (const reports of this.#reports(this.#backend)) {
      if (reports.some((report) => knows(report, extent))) return true;
    }
    return false;
  }

  /** This process first, as it is now, and then the others. */
  async *#reports(backend: FleetBackend): AsyncGenerator<readonly ProcessReport[]> {
    yield [this.#process.report()];
    for await (const reports of backend.reports()) {
      yield reports.filter((report) => report.process.id !== this.#process.id);
    }
  }

  async #sumUp(backend: FleetBackend): Promise<FleetSum> {
    const sum = new FleetSum();
    for await (const reports of this.#reports(backend)) for (const report of reports) sum.add(report);
    return sum;
  }

  /** Of a job that this process has: another has its own way to Redis or a database, but not to this one. */
  async #survey({ first: { recruiter, id } }: JobSum): Promise<JobSurvey> {
    if (!this.#site.has({ recruiter, id })) return {};
    let callOff = () => {};
    const patience = new Promise<JobSurvey>((resolve) => {
      callOff = systemClock.after(SURVEY_PATIENCE, () => resolve({}));
    });
    try {
      return await Promise.race([this.recruiters.get(recruiter).survey(id), patience]);
    } finally {
      callOff();
    }
  }
}

function processOf({ facts, seenAt }: ProcessSighting, ownId: string): FleetProcess {
  return { ...facts, since: new Date(facts.since), seenAt, isSelf: facts.id === ownId };
}

function ownFirst(a: FleetProcess, b: FleetProcess): number {
  return Number(b.isSelf) - Number(a.isSelf) || a.host.localeCompare(b.host) || a.pid - b.pid;
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
