import type { Progress, Slice } from '../../recruiter/job.js';
import { isCluster, type RedisLike } from '../connection/client.js';
import { NeededCommands } from '../connection/needed-commands.js';
import { commandsOf } from '../lua/script-commands.js';
import { PartitionedJob, type GroupWork, type PartitionGroup } from '../partitions/partitioned-job.js';
import { readPages } from '../lua/read-pages.js';
import { runScript } from '../lua/script.js';
import { recordOf, type Wait } from '../lua/send.js';
import { PAGE, type FieldStore, type FieldValue } from './field-store.js';
import type { HashKeys } from './hash-keys.js';

/** Maximum partitions of one script: more would make it long though nothing is due. */
const WINDOW = 64;
/** Maximum hashes that one script visits, whether few of their fields are due or many. */
const VISITS = 24;

/** The commands that a user of Redis must be allowed to run. */
export const STOLEN_FIELDS_COMMANDS = commandsOf(/^volatile-hashes-(?!native-)/);

/** Fields that the slices of a job delete when they are due. Due times are stored beside the hashes. */
export class StolenFields implements FieldStore {
  readonly #reaping: PartitionedJob;
  readonly #needed: NeededCommands;

  constructor(
    private readonly client: RedisLike,
    private readonly keys: HashKeys,
    private readonly limit: number,
  ) {
    this.#reaping = new PartitionedJob(client, keys.partitions, (partition) => keys.index(partition), WINDOW);
    const owner = `VolatileHashes "${keys.name}"`;
    this.#needed = new NeededCommands(client, owner, STOLEN_FIELDS_COMMANDS, keys.probe);
  }

  check(wait?: Wait): Promise<void> {
    return this.#needed.check(wait);
  }

  async set(hash: string, fields: readonly FieldValue[], ttl: number | undefined): Promise<number> {
    const args = [hash, ttl ?? '', ...fields];
    return Number(await runScript(this.client, 'volatile-hashes-set', this.#writeKeys(hash), args));
  }

  async get(hash: string, fields: readonly string[]): Promise<(string | null)[]> {
    return (await runScript(this.client, 'volatile-hashes-get', this.#readKeys(hash), fields)) as (
      string | null
    )[];
  }

  async getAll(hash: string): Promise<Record<string, string>> {
    const keys = this.#readKeys(hash);
    const read = (cursor: string) => runScript(this.client, 'volatile-hashes-scan', keys, [cursor, PAGE]);
    return recordOf(await readPages(read));
  }

  async delete(hash: string, fields: readonly string[]): Promise<number> {
    const args = [hash, ...fields];
    return Number(await runScript(this.client, 'volatile-hashes-delete', this.#writeKeys(hash), args));
  }

  async ttl(hash: string, field: string): Promise<number> {
    return Number(await runScript(this.client, 'volatile-hashes-ttl', this.#readKeys(hash), [field]));
  }

  async persist(hash: string, field: string): Promise<boolean> {
    const stays = await runScript(this.client, 'volatile-hashes-persist', this.#writeKeys(hash), [
      hash,
      field,
    ]);
    return Number(stays) === 1;
  }

  async size(hash: string): Promise<number> {
    return Number(await runScript(this.client, 'volatile-hashes-size', this.#readKeys(hash)));
  }

  reap(slice: Slice): Promise<Progress> {
    return this.#reaping.work(slice, this.limit, (group) => this.#reapFrom(group, slice));
  }

  async oldestOverdue(): Promise<number> {
    const { partitions } = this.keys;
    const step = isCluster(this.client) ? 1 : WINDOW;
    const ages: Promise<unknown>[] = [];
    for (let first = 0; first < partitions; first += step) {
      const indexes = this.#indexes(first, Math.min(step, partitions - first));
      ages.push(runScript(this.client, 'volatile-hashes-overdue', indexes));
    }
    return Math.max(...(await Promise.all(ages)).map(Number));
  }

  async #reapFrom({ keys, limit, siblings }: PartitionGroup, wait: Wait): Promise<GroupWork> {
    const limits = [limit, Math.ceil(VISITS / siblings)];
    const reaped = (await runScript(this.client, 'volatile-hashes-reap', keys, limits, wait)) as unknown[];
    return { done: Number(reaped[0]), isMore: Number(reaped[1]) === 1 };
  }

  #indexes(first: number, count: number): string[] {
    return Array.from({ length: count }, (_, offset) =>
      this.keys.index((first + offset) % this.keys.partitions),
    );
  }

  #readKeys(hash: string): string[] {
    return [this.keys.hash(hash), this.keys.due(hash)];
  }

  #writeKeys(hash: string): string[] {
    return [...this.#readKeys(hash), this.keys.indexOf(hash)];
  }
}
