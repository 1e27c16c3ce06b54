import { systemClock, type Clock } from '../../time/clock.js';
import type { LocalProcess } from '../../fleet/fleet-backend.js';
import type { JobReport } from '../../fleet/process-report.js';
import { keyOf } from '../../fleet/target.js';
import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { send } from '../lua/send.js';
import type { Connectivity } from './connectivity.js';
import type { FleetKeys } from './fleet-keys.js';
import { writeHeartbeat } from './heartbeat-codec.js';
import { pack, writeError, writeJobs } from './jobs-codec.js';

/** Limit of writes by the whole fleet: each of n processes publishes every 5n ms if its interval is shorter. */
const WRITES_PER_SECOND = 200;
/** A process that has not published for this many intervals is gone. */
const MISSED_INTERVALS = 3;
/** Lower limit of that time, as a busy event loop may delay a write. */
const MIN_LIFETIME_MS = 2000;
/** New errors in one write; the others follow with the next. */
const MAX_NEW_ERRORS = 20;
/** Published errors whose presence in Redis is checked with one write. */
const MAX_CHECKED_ERRORS = 20;

/** Publishes the heartbeat, the jobs and the errors of this process at every interval. */
export class Publisher {
  #jobs = '';
  #jobsVersion = 0;
  #areJobsPublished = false;
  /** When each published error happened, by job. */
  readonly #publishedErrors = new Map<string, number>();
  #interval: number;
  #cancelTimer = () => {};
  #isStopped = false;
  #publishing: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: RedisLike,
    private readonly keys: FleetKeys,
    private readonly local: LocalProcess,
    private readonly connectivity: Connectivity,
    private readonly minInterval: number,
    private readonly clock: Required<Clock> = systemClock,
  ) {
    this.#interval = minInterval;
  }

  /** Publishes now and at every interval. */
  start(): void {
    this.#publishing = this.publish()
      .catch((error: unknown) => this.connectivity.failed(error))
      .finally(() => {
        if (!this.#isStopped) this.#cancelTimer = this.clock.after(this.#interval, () => this.start());
      });
  }

  /** Stops, and removes this process from Redis. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#publishing;
    const { due, processes, jobs } = this.keys;
    const { id } = this.local;
    const removals = [
      send(this.client, 'ZREM', [due], [id]),
      send(this.client, 'HDEL', [processes], [id]),
      send(this.client, 'HDEL', [jobs], [id]),
    ];
    await Promise.allSettled(removals);
  }

  /** One round trip. */
  async publish(): Promise<void> {
    const report = this.local.report();
    const json = writeJobs(report.jobs);
    const isNew = json !== this.#jobs || !this.#areJobsPublished;
    if (isNew) this.#jobsVersion++;
    const errors = this.#newErrors(report.jobs);
    const { due, processes, jobs, errors: latest, orders } = this.keys;
    const lifetime = Math.max(MIN_LIFETIME_MS, MISSED_INTERVALS * this.#interval);
    const args = [
      this.local.id,
      Math.ceil(lifetime),
      writeHeartbeat(report),
      this.#jobsVersion,
      isNew ? pack(json) : '',
      errors.length,
      ...errors.flatMap(({ pair }) => pair),
      ...this.#errorsToCheck().flat(),
    ];
    const keys = [due, processes, jobs, latest, orders];
    const reply = await runScript(this.client, 'fleet-publish', keys, args);
    this.connectivity.answered();
    this.#jobs = json;
    for (const { key, at } of errors) this.#publishedErrors.set(key, at);
    this.#forgetRemoved(report.jobs);
    const [alive, , areJobsMissing, ...lost] = reply as [number, string, number, ...string[]];
    this.#areJobsPublished = areJobsMissing === 0;
    for (const key of lost) this.#publishedErrors.delete(key);
    this.#interval = Math.max(this.minInterval, (alive * 1000) / WRITES_PER_SECOND);
  }

  /** Forgets the errors of jobs that are no longer installed: job ids may be created at run time. */
  #forgetRemoved(jobs: readonly JobReport[]): void {
    if (this.#publishedErrors.size <= jobs.length) return;
    const installed = new Set(jobs.map(keyOf));
    for (const key of this.#publishedErrors.keys())
      if (!installed.has(key)) this.#publishedErrors.delete(key);
  }

  /** Published errors in rotation, as Redis may have lost them by a failover or an eviction. */
  #errorsToCheck(): [key: string, at: number][] {
    const checked = [...this.#publishedErrors].slice(0, MAX_CHECKED_ERRORS);
    for (const [key, at] of checked) {
      this.#publishedErrors.delete(key);
      this.#publishedErrors.set(key, at);
    }
    return checked;
  }

  #newErrors(jobs: readonly JobReport[]): { key: string; at: number; pair: readonly [string, string] }[] {
    const found = [];
    for (const job of jobs) {
      if (found.length >= MAX_NEW_ERRORS) break;
      if (job.lastError === undefined) continue;
      const pair = writeError(job, job.lastError);
      const at = job.lastError.at.getTime();
      if (this.#publishedErrors.get(pair[0]) !== at) found.push({ key: pair[0], at, pair });
    }
    return found;
  }
}
