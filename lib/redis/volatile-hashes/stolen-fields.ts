import type { Progress } from '../../recruiter/job.js';
import { isCluster, type RedisClient } from '../client.js';
import { runScript } from '../script.js';
import { pairsToRecord } from './pairs-to-record.js';
import type { FieldStore, FieldValue } from './field-store.js';
import type { HashKeys } from './hash-keys.js';

/** Partitions that one slice looks into at most: more would make its script long when nothing is due. */
const WINDOW = 16;

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

  /** One script where keys may be of any slot; in a Cluster one a partition, all sent at once, that share the limit. */
  async reap(): Promise<Progress> {
    const indexes = this.#nextIndexes();
    if (!isCluster(this.client)) {
      return { done: await this.#reapFrom(indexes, this.limit), limit: this.limit };
    }
    const share = Math.ceil(this.limit / indexes.length);
    const counts = await Promise.all(indexes.map((index) => this.#reapFrom([index], share)));
    const done = counts.reduce((sum, count) => sum + count, 0);
    // A partition that used up its share has more, however little the others had.
    return { done, limit: counts.some((count) => count >= share) ? done : Math.max(this.limit, done + 1) };
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

  async #reapFrom(indexes: readonly string[], limit: number): Promise<number> {
    return Number(await runScript(this.client, 'volatile-hashes-reap', indexes, [limit]));
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
