import { systemClock, type Clock } from '../../time/clock.js';
import type { FleetSite } from '../../fleet/fleet-backend.js';
import { keyOf } from '../../fleet/job-key.js';
import type { JobReport } from '../../fleet/process-report.js';
import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { send } from '../lua/send.js';
import type { Connectivity } from './connectivity.js';
import { writeError } from './errors-codec.js';
import { writeFacts } from './facts-codec.js';
import type { FleetKeys } from './fleet-keys.js';
import { pack, writeJobs } from './jobs-codec.js';

/** All processes together say what they do so often: one of n does so every 5n ms, if its interval is shorter. */
const WRITES_PER_SECOND = 200;
/** A process that is silent for so many intervals is gone, but not before so many ms: a full event loop is no death. */
const MISSED = 3;
const SHORTEST_LIFE = 2000;
/** Errors that are told at a time; more are told the next time. */
const ERRORS_TOLD = 20;
/** Errors told before that are asked after at a time. */
const ERRORS_ASKED_AFTER = 20;

/** Says in Redis what this process does, every few seconds, as long as it is alive. */
export class Publisher {
  #jobs = '';
  #jobsVersion = 0;
  #isJobsKnown = false;
  readonly #toldErrors = new Map<string, number>();
  #interval: number;
  #callOff = () => {};
  #isStopped = false;
  #publishing: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: RedisLike,
    private readonly keys: FleetKeys,
    private readonly site: FleetSite,
    private readonly connectivity: Connectivity,
    private readonly shortest: number,
    private readonly clock: Required<Clock> = systemClock,
  ) {
    this.#interval = shortest;
  }

  /** Says it now, and from then on. */
  start(): void {
    this.#publishing = this.publish()
      .catch((error: unknown) => this.connectivity.failed(error))
      .finally(() => {
        if (!this.#isStopped) this.#callOff = this.clock.after(this.#interval, () => this.start());
      });
  }

  /** Says it no more, and takes back what was said. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#callOff();
    await this.#publishing;
    const { due, processes, jobs } = this.keys;
    const { id } = this.site;
    const withdrawn = [
      send(this.client, 'ZREM', [due], [id]),
      send(this.client, 'HDEL', [processes], [id]),
      send(this.client, 'HDEL', [jobs], [id]),
    ];
    await Promise.allSettled(withdrawn);
  }

  /** One round trip. */
  async publish(): Promise<void> {
    const report = this.site.report();
    const text = writeJobs(report.jobs);
    const isNew = text !== this.#jobs || !this.#isJobsKnown;
    if (isNew) this.#jobsVersion++;
    const errors = this.#newErrors(report.jobs);
    const { due, processes, jobs, errors: latest, orders } = this.keys;
    const life = Math.max(SHORTEST_LIFE, MISSED * this.#interval);
    const args = [
      this.site.id,
      Math.ceil(life),
      writeFacts(report),
      this.#jobsVersion,
      isNew ? pack(text) : '',
      errors.length,
      ...errors.flatMap(({ pair }) => pair),
      ...this.#someTold().flat(),
    ];
    const keys = [due, processes, jobs, latest, orders];
    const answer = await runScript(this.client, 'fleet-publish', keys, args);
    this.connectivity.answered();
    this.#jobs = text;
    for (const { key, at } of errors) this.#toldErrors.set(key, at);
    this.#forget(report.jobs);
    const [alive, , lacking, ...lost] = answer as [number, string, number, ...string[]];
    this.#isJobsKnown = lacking === 0;
    for (const key of lost) this.#toldErrors.delete(key);
    this.#interval = Math.max(this.shortest, (alive * 1000) / WRITES_PER_SECOND);
  }

  /** Of jobs that are no longer installed: their ids may have been made up at run time. */
  #forget(jobs: readonly JobReport[]): void {
    if (this.#toldErrors.size <= jobs.length) return;
    const installed = new Set(jobs.map(keyOf));
    for (const key of this.#toldErrors.keys()) if (!installed.has(key)) this.#toldErrors.delete(key);
  }

  /** Errors to ask after whether Redis still has them, each in its turn: a failover or an eviction may have lost them. */
  #someTold(): [key: string, at: number][] {
    const some = [...this.#toldErrors].slice(0, ERRORS_ASKED_AFTER);
    for (const [key, at] of some) {
      this.#toldErrors.delete(key);
      this.#toldErrors.set(key, at);
    }
    return some;
  }

  #newErrors(jobs: readonly JobReport[]): { key: string; at: number; pair: readonly [string, string] }[] {
    const found = [];
    for (const job of jobs) {
      if (found.length >= ERRORS_TOLD) break;
      if (job.lastError === undefined) continue;
      const pair = writeError(job, job.lastError);
      const at = job.lastError.at.getTime();
      if (this.#toldErrors.get(pair[0]) !== at) found.push({ key: pair[0], at, pair });
    }
    return found;
  }
}
