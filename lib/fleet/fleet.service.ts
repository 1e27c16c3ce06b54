import { Injectable } from '@nestjs/common';
import { Log } from '../logging/log.js';
import { SteadyClock, systemClock } from '../time/clock.js';
import type { RecruiterOptions } from '../recruiter/options.js';
import { Recruiters } from '../recruiters.js';
import type { AuditEntry, Fleet, FleetJob, FleetProcess, FleetJobRef } from './fleet.js';
import { checkJobOrder, checkLimit, checkOrder } from './fleet-arguments.js';
import type { FleetBackend, LocalProcess } from './fleet-backend.js';
import { FleetControl } from './fleet-control.js';
import { ThisProcess } from './this-process.js';
import { FleetView } from './fleet-view.js';
import { ProcessReporter } from './process-reporter.js';
import { LocalBackend } from './local.backend.js';
import { Steering } from './steering.js';

/** Default number of audit entries. */
const DEFAULT_ENTRIES = 50;

/** The options of the module that {@link FleetService} uses. */
export type FleetServiceOptions = Pick<RecruiterOptions, 'clock' | 'dutyCycle' | 'adaptive' | 'idle'>;

/**
 * Shows and controls the fleet at run time. With `WorkStealingRedisModule` the fleet is every process that shares its
 * Redis and prefix; without, this process alone, where nothing is stored or measured before the first call.
 */
@Injectable()
export class FleetService implements Fleet {
  readonly #reporter: ProcessReporter;
  readonly #local: ThisProcess;
  readonly #view: FleetView;
  readonly #control: FleetControl;
  #backend: FleetBackend;

  /** @param options - options of the default recruiter: its clock, and those that advice on rates depends on. */
  constructor(recruiters: Recruiters, options: FleetServiceOptions = {}) {
    const { clock: configured = systemClock, dutyCycle, adaptive, idle } = options;
    const clock = new SteadyClock(configured);
    const log = new Log('WorkStealing');
    const steering = new Steering(recruiters, (message) => log.warn(message));
    this.#reporter = new ProcessReporter(recruiters, clock, (name, job) => steering.declaredRate(name, job));
    this.#local = new ThisProcess(recruiters, this.#reporter, steering);
    const own = new LocalBackend(this.#local, clock);
    const interval = idle === false ? false : idle?.interval;
    this.#view = new FleetView(this.#local, own, clock, { dutyCycle, adaptive, interval });
    this.#control = new FleetControl(this.#local, clock);
    this.#backend = own;
  }

  /** `fleet`: the whole fleet. `process`: this process alone, since there is no Redis or it has been away for 3 s. */
  get scope(): 'fleet' | 'process' {
    return this.#backend.scope;
  }

  /** The processes alive: this one first, the others sorted by host and pid. Never rejects. */
  async processes(): Promise<readonly FleetProcess[]> {
    return this.#view.processes(this.#backend);
  }

  /**
   * The jobs of all processes alive: those of this process in the order of installation, then all others. Reports of
   * other processes are at most their publishing interval and one second old. Never rejects.
   */
  async jobs(): Promise<readonly FleetJob[]> {
    return this.#view.jobs(this.#backend);
  }

  /**
   * The latest entries of the audit list, latest first. While Redis is away the list is empty.
   *
   * @param limit - maximum of entries: a whole number of at least 1, of which at most 500 are returned. @default 50
   * @throws WorkStealingConfigError for any other limit.
   */
  async audit(limit: number = DEFAULT_ENTRIES): Promise<readonly AuditEntry[]> {
    return this.#view.audit(this.#backend, checkLimit(limit));
  }

  /**
   * Overrides the declared rate of a job, in every process, until it is reset.
   *
   * @param rate - the new rate: 0 to 1.
   * @param by - who sets it, for the audit list: 1 to 200 characters.
   * @throws WorkStealingConfigError if no process has the job, an argument is invalid, or the rates of the recruiter
   * would add up to more than 1 in any process; FleetUnavailableError if Redis does not answer. Nothing has changed
   * then, unless the message says so.
   */
  async setRate(job: FleetJobRef, rate: number, by: string): Promise<void> {
    const target = checkJobOrder(job, by, { rate });
    await this.#control.change(this.#backend, { action: 'set-rate', target, by, rate });
  }

  /**
   * Ends an override: the declared rate is in force again.
   *
   * @throws as {@link FleetService.setRate} does.
   */
  async resetRate(job: FleetJobRef, by: string): Promise<void> {
    const target = checkJobOrder(job, by);
    await this.#control.change(this.#backend, { action: 'reset-rate', target, by });
  }

  /**
   * Pauses one job, or without `id` all jobs of a recruiter, in every process until a resume of the same target.
   *
   * @param by - who pauses it, for the audit list: 1 to 200 characters.
   * @throws WorkStealingConfigError if no process has the job or recruiter, or an argument is invalid;
   * FleetUnavailableError if Redis does not answer.
   */
  async pause(job: Partial<FleetJobRef>, by: string): Promise<void> {
    await this.#control.change(this.#backend, { action: 'pause', target: checkOrder(job, by), by });
  }

  /**
   * Ends a pause of the same target. A job that code has paused with {@link Recruiter.pause} stays paused.
   *
   * @throws as {@link FleetService.pause} does.
   */
  async resume(job: Partial<FleetJobRef>, by: string): Promise<void> {
    await this.#control.change(this.#backend, { action: 'resume', target: checkOrder(job, by), by });
  }

  /**
   * Runs one slice of a job now, in one process that has it, regardless of the lottery and the load gate. With Redis it
   * resolves once the request is stored; a process runs it within about a second, and it expires after ten. Without
   * Redis it resolves when the slice has ended.
   *
   * @param by - who requests it, for the audit list: 1 to 200 characters.
   * @throws WorkStealingConfigError if no process has the job, an argument is invalid, or (without Redis) a gate refuses
   * the slice; FleetUnavailableError if Redis does not answer.
   */
  async runOnce(job: FleetJobRef, by: string): Promise<void> {
    await this.#control.runOnce(this.#backend, checkJobOrder(job, by), by);
  }

  /**
   * Replaces the backend that stores the fleet's reports and orders.
   *
   * @internal
   */
  use(make: (local: LocalProcess) => FleetBackend, version?: string): void {
    this.#reporter.version = version;
    this.#backend = make(this.#local);
  }
}
