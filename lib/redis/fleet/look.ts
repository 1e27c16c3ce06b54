import { setImmediate as turn } from 'node:timers/promises';
import { keyOf } from '../../fleet/job-key.js';
import type { JobReport, ProcessReport } from '../../fleet/process-report.js';
import type { RedisLike } from '../connection/client.js';
import { readPages } from '../lua/read-pages.js';
import { runScript } from '../lua/script.js';
import { recordOf, send, sendForBytes } from '../lua/send.js';
import type { Complaints } from './complaints.js';
import type { Connectivity } from './connectivity.js';
import { readError } from './errors-codec.js';
import { readFacts, type Word } from './facts-codec.js';
import type { FleetKeys } from './fleet-keys.js';
import { readJobs } from './jobs-codec.js';

/** Words on jobs that are fetched and read at a time, so that neither Redis nor this process is held for long. */
const AT_A_TIME = 20;
/** Processes that one script looks at, roughly, for the same reason. */
const PROCESSES_AT_A_TIME = 150;

type Errors = ReadonlyMap<string, JobReport['lastError']>;

/** Reads what the processes say. Nothing is read before somebody asks, and nothing is kept. */
export class Look {
  constructor(
    private readonly client: RedisLike,
    private readonly keys: FleetKeys,
    private readonly connectivity: Connectivity,
    private readonly complaints: Complaints,
  ) {}

  /** What those alive say of themselves: one round trip for some 150. */
  async words(): Promise<Word[]> {
    const { due, processes } = this.keys;
    const read = (cursor: string) =>
      this.connectivity.inTime(
        runScript(this.client, 'fleet-look', [due, processes], [cursor, PROCESSES_AT_A_TIME]),
      );
    const found = Object.entries(recordOf(await readPages(read)));
    return found.flatMap(([id, text]) => this.#understood(`process ${id}`, () => readFacts(id, text)) ?? []);
  }

  /** What they say of their jobs, some at a time. */
  async *reports(): AsyncGenerator<ProcessReport[]> {
    const words = await this.words();
    const errors = await this.#errors();
    for (let first = 0; first < words.length; first += AT_A_TIME) {
      const some = words.slice(first, first + AT_A_TIME);
      const ids = some.map(({ facts }) => facts.id);
      const asked = sendForBytes(this.client, 'HMGET', [this.keys.jobs], ids);
      const packed = (await this.connectivity.inTime(asked)) as (Buffer | null)[];
      yield some.map(({ facts, recruiters }, index) => ({
        process: facts,
        recruiters,
        jobs: this.#jobs(facts.id, packed[index], errors),
      }));
      await turn();
    }
  }

  #jobs(id: string, packed: Buffer | null | undefined, errors: Errors): JobReport[] {
    // It has said that it is there, and its word on jobs comes the next time.
    if (packed === null || packed === undefined) return [];
    const jobs = this.#understood(`jobs of process ${id}`, () => readJobs(packed)) ?? [];
    return errors.size === 0 ? jobs : jobs.map((job) => ({ ...job, lastError: errors.get(keyOf(job)) }));
  }

  async #errors(): Promise<Errors> {
    const asked = send(this.client, 'HGETALL', [this.keys.errors]);
    const found = Object.entries(recordOf(await this.connectivity.inTime(asked)));
    return new Map(
      found.map(([key, text]) => [key, this.#understood(`error of ${key}`, () => readError(text))]),
    );
  }

  #understood<T>(what: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.complaints.once(
        what,
        `What stands in Redis as ${what} is not understood, so it is left out: ${String(error)}`,
      );
      return undefined;
    }
  }
}
