import { setImmediate as turn } from 'node:timers/promises';
import type { JobReport, ProcessReport } from '../../fleet/process-report.js';
import { keyOf } from '../../fleet/target.js';
import type { Log } from '../../logging/log.js';
import type { RedisLike } from '../connection/client.js';
import { readPages } from '../lua/read-pages.js';
import { runScript } from '../lua/script.js';
import { recordOf, send, sendForBytes } from '../lua/send.js';
import type { Connectivity } from './connectivity.js';
import type { FleetKeys } from './fleet-keys.js';
import { readHeartbeat, type Heartbeat } from './heartbeat-codec.js';
import { readError, readJobs } from './jobs-codec.js';

/** Processes whose jobs are read at a time, so that neither Redis nor this process is blocked for long. */
const JOBS_PAGE = 20;
/** Processes that one script reads, roughly, for the same reason. */
const HEARTBEATS_PAGE = 150;

type Errors = ReadonlyMap<string, JobReport['lastError']>;

/** Reads the reports of all processes on demand; nothing is kept. */
export class FleetReader {
  constructor(
    private readonly client: RedisLike,
    private readonly keys: FleetKeys,
    private readonly connectivity: Connectivity,
    private readonly log: Log,
  ) {}

  /** The heartbeats of the processes alive: one round trip for about 150. */
  async heartbeats(): Promise<Heartbeat[]> {
    const { due, processes } = this.keys;
    const read = (cursor: string) =>
      this.connectivity.inTime(
        runScript(this.client, 'fleet-read', [due, processes], [cursor, HEARTBEATS_PAGE]),
      );
    const found = Object.entries(recordOf(await readPages(read)));
    return found.flatMap(
      ([id, written]) => this.#ifValid(`process ${id}`, () => readHeartbeat(id, written)) ?? [],
    );
  }

  /** The reports of the processes alive, with their jobs, a page at a time. */
  async *reports(): AsyncGenerator<ProcessReport[]> {
    const heartbeats = await this.heartbeats();
    const errors = await this.#errors();
    for (let first = 0; first < heartbeats.length; first += JOBS_PAGE) {
      const page = heartbeats.slice(first, first + JOBS_PAGE);
      const ids = page.map(({ facts }) => facts.id);
      const reply = sendForBytes(this.client, 'HMGET', [this.keys.jobs], ids);
      const packed = (await this.connectivity.inTime(reply)) as (Buffer | null)[];
      yield page.map(({ facts, recruiters }, index) => ({
        process: facts,
        recruiters,
        jobs: this.#jobs(facts.id, packed[index], errors),
      }));
      await turn();
    }
  }

  #jobs(id: string, packed: Buffer | null | undefined, errors: Errors): JobReport[] {
    // Its heartbeat is there; its jobs follow with the next one.
    if (packed === null || packed === undefined) return [];
    const jobs = this.#ifValid(`jobs of process ${id}`, () => readJobs(packed)) ?? [];
    return errors.size === 0 ? jobs : jobs.map((job) => ({ ...job, lastError: errors.get(keyOf(job)) }));
  }

  async #errors(): Promise<Errors> {
    const reply = send(this.client, 'HGETALL', [this.keys.errors]);
    const found = Object.entries(recordOf(await this.connectivity.inTime(reply)));
    return new Map(
      found.map(([key, written]) => [key, this.#ifValid(`error of ${key}`, () => readError(written))]),
    );
  }

  #ifValid<T>(what: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.log.warnOnce(what, `The ${what} in Redis cannot be read and is ignored: ${String(error)}`);
      return undefined;
    }
  }
}
