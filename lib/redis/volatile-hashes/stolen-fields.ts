import type { Progress } from '../../recruiter/job.js';
import { isCluster, type RedisClient } from '../client.js';
import { runScript } from '../script.js';
import { pairsToRecord } from './pairs-to-record.js';
import type { FieldStore, FieldValue } from './field-store.js';
import type { HashKeys } from './hash-keys.js';

/** Partitions that one slice looks into at most: more would make its script long when nothing is due. */
const WINDOW = 16;
/** Hashes that one slice visits at most, whether few of their fields are due or many. */
const VISITS = 24;

/** Fields that expire because somebody is recruited to delete them. Due times stand beside the hashes. */
export class StolenFields implements FieldStore {
  #next: number;

  constructor(
    private readonly client: RedisClient,
    private readonly keys: HashKeys,
    private readonly limit: number,
  ) {
    this.#next = Math.floor(Math.random() * keys.partitions);
  }

  async set(hash: string, fields: readonly FieldValue[], ttl: number | undefined): Promise<number> {
    const args = [hash, ttl === undefined ? '' : Math.ceil(ttl), ...fields];
    return Number(await runScript(this.client, 'volatile-hashes-set', this.#writeKeys(hash), args));
  }

  async get(hash: string, fields: readonly string[]): Promise<(string | null)[]> {
    return (await runScript(this.client, 'volatile-hashes-get', this.#readKeys(hash), fields)) as (
      string | null
    )[];
  }

  async getAll(hash: string): Promise<Record<string, string>> {
    const pairs = await runScript(this.client, 'volatile-hashes-get-all', this.#readKeys(hash));
    return pairsToRecord(pairs as string[]);
  }

  async delete(hash: string, fields: readonly string[]): Promise<number> {
    const args = [hash, ...fields];
    return Number(await runScript(this.client, 'volatile-hashes-delete', this.#writeKeys(hash), args));
  }

  async ttl(hash: string, field: string): Promise<number> {
    return Number(await runScript(this.client, 'volatile-hashes-ttl', this.#readKeys(hash), [field]));
  }

  async persist(hash: string, field: string): Promise<boolean> {
    return (
      (await runScript(this.client, 'volatile-hashes-persist', this.#writeKeys(hash), [hash, field])) === 1
    );
  }

  async size(hash: string): Promise<number> {
    return Number(await runScript(this.client, 'volatile-hashes-size', this.#readKeys(hash)));
  }

  /** One script where keys may be of any slot; in a Cluster one a partition, all sent at once, that share the limits. */
  async reap(): Promise<Progress> {
    const indexes = this.#nextIndexes();
    const groups = isCluster(this.client) ? indexes.map((index) => [index]) : [indexes];
    const reaped = await Promise.all(groups.map((group) => this.#reapFrom(group, groups.length)));
    const done = reaped.reduce((sum, [count]) => sum + count, 0);
    // A partition that used up its share has more, however little the others had.
    const isMore = reaped.some(([, stopped]) => stopped === 1);
    return { done, limit: isMore ? done : Math.max(this.limit, done + 1) };
  }

  async oldestOverdue(): Promise<number> {
    const partitions = Array.from({ length: this.keys.partitions }, (_, partition) => partition);
    const earliest = partitions.map(async (partition) => {
      const [, due] = await this.client.zrange(this.keys.index(partition), '0', '0', 'WITHSCORES');
      return due === undefined ? Infinity : Number(due);
    });
    const [now, ...due] = await Promise.all([this.#serverTime(), ...earliest]);
    return Math.max(0, now - Math.min(...due));
  }

  async #serverTime(): Promise<number> {
    const [seconds, microseconds] = (await this.client.time()).map(Number);
    return seconds! * 1000 + Math.floor(microseconds! / 1000);
  }

  async #reapFrom(indexes: readonly string[], shares: number): Promise<[done: number, stopped: number]> {
    const limits = [Math.ceil(this.limit / shares), Math.ceil(VISITS / shares)];
    const reaped = (await runScript(this.client, 'volatile-hashes-reap', indexes, limits)) as unknown[];
    return [Number(reaped[0]), Number(reaped[1])];
  }

  #nextIndexes(): string[] {
    const { partitions } = this.keys;
    const count = Math.min(WINDOW, partitions);
    const first = this.#next;
    this.#next = (first + (count < partitions ? count : 1)) % partitions;
    return Array.from({ length: count }, (_, offset) => this.keys.index((first + offset) % partitions));
  }

  #readKeys(hash: string): string[] {
    return [this.keys.hash(hash), this.keys.due(hash)];
  }

  #writeKeys(hash: string): string[] {
    return [...this.#readKeys(hash), this.keys.indexOf(hash)];
  }
}
