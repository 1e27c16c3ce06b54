import type { Progress } from '../../recruiter/job.js';
import { allOf } from '../all-of.js';
import { isCluster, type RedisClient } from '../client.js';
import { NeededCommands } from '../needed-commands.js';
import { commandsOf } from '../script-commands.js';
import { runScript } from '../script.js';
import { recordOf, type Wait } from '../send.js';
import type { FieldStore, FieldValue } from './field-store.js';
import type { HashKeys } from './hash-keys.js';

/** Partitions that one script looks into at most: more would make it long though nothing is due. */
const WINDOW = 64;
/** Partitions that one slice looks into at most in a Cluster, where each takes a script. */
const CLUSTER_WINDOW = 16;
/** Hashes that one slice visits at most, whether few of their fields are due or many. */
const VISITS = 24;

/** What a user of Redis has to be allowed to run. */
export const STOLEN_FIELDS_COMMANDS = commandsOf(/^volatile-hashes-(?!native-)/);

/** Fields that expire because somebody is recruited to delete them. Due times stand beside the hashes. */
export class StolenFields implements FieldStore {
  #cursor: number;
  readonly #needed: NeededCommands;

  constructor(
    private readonly client: RedisClient,
    private readonly keys: HashKeys,
    private readonly limit: number,
  ) {
    // Anywhere, so that workers do not all begin at the same partition.
    this.#cursor = Math.floor(Math.random() * keys.partitions);
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
    const pairs = await runScript(this.client, 'volatile-hashes-get-all', this.#readKeys(hash));
    return recordOf(pairs);
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

  /** One script where keys may be of any slot; in a Cluster one a partition, all sent at once, that share the limits. */
  async reap(wait: Wait): Promise<Progress> {
    const groups = isCluster(this.client)
      ? this.#next(CLUSTER_WINDOW).map((index) => [index])
      : [this.#next(WINDOW)];
    const reaped = await allOf(groups.map((group) => this.#reapFrom(group, groups.length, wait)));
    const done = reaped.reduce((sum, [count]) => sum + count, 0);
    // A partition that used up its share has more, however little the others had.
    const isMore = reaped.some(([, stopped]) => stopped === 1);
    return { done, limit: isMore ? done : Math.max(this.limit, done + 1) };
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

  async #reapFrom(
    indexes: readonly string[],
    shares: number,
    wait: Wait,
  ): Promise<[done: number, stopped: number]> {
    const limits = [Math.ceil(this.limit / shares), Math.ceil(VISITS / shares)];
    const reaped = (await runScript(this.client, 'volatile-hashes-reap', indexes, limits, wait)) as unknown[];
    return [Number(reaped[0]), Number(reaped[1])];
  }

  /** The next window of partitions. One that has all of them begins elsewhere each time, so that none comes last. */
  #next(window: number): string[] {
    const { partitions } = this.keys;
    const count = Math.min(window, partitions);
    const first = this.#cursor;
    this.#cursor = (first + (count < partitions ? count : 1)) % partitions;
    return this.#indexes(first, count);
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
