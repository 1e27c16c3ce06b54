import { Injectable } from '@nestjs/common';
import { Log } from '../logging/log.js';
import { SteadyClock, systemClock } from '../time/clock.js';
import type { RecruiterOptions } from '../recruiter/options.js';
import { Recruiters } from '../recruiters.js';
import type { AuditEntry, Fleet, FleetJob, FleetProcess, FleetJobRef } from './fleet.js';
import { checkJobOrder, checkLimit, checkOrder } from './fleet-arguments.js';
import type { FleetBackend, FleetSite } from './fleet-backend.js';
import { FleetControl } from './fleet-control.js';
import { OwnSite } from './fleet-site.js';
import { FleetView } from './fleet-view.js';
import { OwnProcess } from './own-process.js';
import { OwnProcessBackend } from './own-process.backend.js';
import { Steering } from './steering.js';

/** Entries of the audit list where no limit is given. */
const AUDIT_SHOWN = 50;

/** What a {@link FleetService} takes from the options of the module. */
export type FleetServiceOptions = Pick<RecruiterOptions, 'clock' | 'dutyCycle' | 'adaptive' | 'idle'>;

/**
 * Sees and steers the fleet. With `WorkStealingRedisModule` that is every process that shares its Redis and prefix;
 * without, this process alone, where nothing is kept or measured until somebody asks.
 */
@Injectable()
export class FleetService implements Fleet {
  readonly #process: OwnProcess;
  readonly #site: OwnSite;
  readonly #view: FleetView;
  readonly #control: FleetControl;
  #backend: FleetBackend;

  /** @param options - of the default recruiter: its clock, and what advice on rates depends on. */
  constructor(recruiters: Recruiters, options: FleetServiceOptions = {}) {
    const { clock: given = systemClock, dutyCycle, adaptive, idle } = options;
    const clock = new SteadyClock(given);
    const log = new Log('WorkStealing');
    const steering = new Steering(recruiters, (text) => log.warn(text));
    this.#process = new OwnProcess(recruiters, clock, (name, job) => steering.declaredRate(name, job));
    this.#site = new OwnSite(recruiters, this.#process, steering);
    const own = new OwnProcessBackend(this.#site, clock);
    const interval = idle === false ? false : idle?.interval;
    this.#view = new FleetView(this.#site, own, clock, { dutyCycle, adaptive, interval });
    this.#control = new FleetControl(this.#site, clock);
    this.#backend = own;
  }

  /** Whether the whole fleet is seen and steered, or this process alone: without Redis, or while it is away. */
  get scope(): 'fleet' | 'process' {
    return this.#backend.scope;
  }

  /** The processes alive, this one first, then by host and pid. Never rejects. */
  async processes(): Promise<readonly FleetProcess[]> {
    return this.#view.processes(this.#backend);
  }

  /**
   * The jobs of all processes alive: those of this one in the order of installation, then the others. What the others
   * say is up to a second old. Never rejects.
   */
  async jobs(): Promise<readonly FleetJob[]> {
    return this.#view.jobs(this.#backend);
  }

  /**
   * What was done to the fleet, the latest first. While Redis is away nothing is known of it.
   *
   * @param limit - entries at most: 1 to 500, 50 by default.
   * @throws WorkStealingConfigError when it is no whole number of at least 1.
   */
  async audit(limit: number = AUDIT_SHOWN): Promise<readonly AuditEntry[]> {
    return this.#view.audit(this.#backend, checkLimit(limit));
  }

  /**
   * Overrides the declared rate of a job, in every process, until it is reset.
   *
   * @param by - who does it: 1 to 200 characters.
   * @throws WorkStealingConfigError when no process has such a job, the rate is not from 0 to 1, or all rates would add
   * up to more than 1 in some process; FleetUnavailableError when Redis does not answer. Nothing has changed then.
   */
  async setRate(job: FleetJobRef, rate: number, by: string): Promise<void> {
    const extent = checkJobOrder(job, by, { rate });
    await this.#control.change(this.#backend, { action: 'set-rate', extent, by, rate });
  }

  /**
   * Goes back to the declared rate.
   *
   * @throws as {@link FleetService.setRate} does.
   */
  async resetRate(job: FleetJobRef, by: string): Promise<void> {
    const extent = checkJobOrder(job, by);
    await this.#control.change(this.#backend, { action: 'reset-rate', extent, by });
  }

  /**
   * Stops slices of one job, or without `id` of all jobs of a recruiter, until it is resumed.
   *
   * @throws WorkStealingConfigError when no process has such a job or recruiter; FleetUnavailableError when Redis does
   * not answer.
   */
  async pause(job: Partial<FleetJobRef>, by: string): Promise<void> {
    await this.#control.change(this.#backend, { action: 'pause', extent: checkOrder(job, by), by });
  }

  /**
   * Ends a pause of the same extent. What code has paused is not ended by it.
   *
   * @throws as {@link FleetService.pause} does.
   */
  async resume(job: Partial<FleetJobRef>, by: string): Promise<void> {
    await this.#control.change(this.#backend, { action: 'resume', extent: checkOrder(job, by), by });
  }

  /**
   * Has one process that has the job run one slice of it, past the lottery and the load gates. With Redis it resolves
   * when the order stands; it is taken up within a second, or expires after ten. Without, when the slice has ended.
   *
   * @throws WorkStealingConfigError when no process has such a job, or (without Redis) it could not be run now;
   * FleetUnavailableError when Redis does not answer.
   */
  async runOnce(job: FleetJobRef, by: string): Promise<void> {
    await this.#control.runOnce(this.#backend, checkJobOrder(job, by), by);
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
}
