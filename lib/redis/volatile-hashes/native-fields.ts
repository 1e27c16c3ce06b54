import type { Progress } from '../../recruiter/job.js';
import type { RedisLike } from '../connection/client.js';
import { NeededCommands } from '../connection/needed-commands.js';
import { commandsOf } from '../lua/script-commands.js';
import { runScript } from '../lua/script.js';
import { readPages } from '../lua/read-pages.js';
import { recordOf, send, type Wait } from '../lua/send.js';
import { PAGE, type FieldStore, type FieldValue } from './field-store.js';
import type { HashKeys } from './hash-keys.js';

/** The commands that a user of Redis must be allowed to run. */
export const NATIVE_FIELDS_COMMANDS = commandsOf(/^volatile-hashes-native-/, ['HMGET', 'HPTTL']);

/** Fields that the server expires by itself: Redis 7.4 and later, Valkey 9 and later. There is no work for a job. */
export class NativeFields implements FieldStore {
  readonly #needed: NeededCommands;

  constructor(
    private readonly client: RedisLike,
    private readonly keys: HashKeys,
  ) {
    const owner = `VolatileHashes "${keys.name}"`;
    this.#needed = new NeededCommands(client, owner, NATIVE_FIELDS_COMMANDS, keys.probe);
  }

  check(wait?: Wait): Promise<void> {
    return this.#needed.check(wait);
  }

  async set(hash: string, fields: readonly FieldValue[], ttl: number | undefined): Promise<number> {
    const args = [ttl ?? '', ...fields];
    return Number(await runScript(this.client, 'volatile-hashes-native-set', [this.keys.hash(hash)], args));
  }

  async get(hash: string, fields: readonly string[]): Promise<(string | null)[]> {
    return (await send(this.client, 'HMGET', [this.keys.hash(hash)], fields)) as (string | null)[];
  }

  async getAll(hash: string): Promise<Record<string, string>> {
    return recordOf(await readPages((cursor) => this.#page('volatile-hashes-native-scan', hash, cursor)));
  }

  async delete(hash: string, fields: readonly string[]): Promise<number> {
    return Number(
      await runScript(this.client, 'volatile-hashes-native-delete', [this.keys.hash(hash)], fields),
    );
  }

  async ttl(hash: string, field: string): Promise<number> {
    const [left] = (await send(this.client, 'HPTTL', [this.keys.hash(hash)], ['FIELDS', 1, field])) as [
      number,
    ];
    return Number(left);
  }

  async persist(hash: string, field: string): Promise<boolean> {
    const stays = await runScript(
      this.client,
      'volatile-hashes-native-persist',
      [this.keys.hash(hash)],
      [field],
    );
    return Number(stays) === 1;
  }

  async size(hash: string): Promise<number> {
    const [next, found] = await this.#page('volatile-hashes-native-size', hash, '0');
    if (typeof found === 'number') return found;
    const read = (cursor: string) => this.#page('volatile-hashes-native-size', hash, cursor);
    const rest = next === '0' ? [] : await readPages(read, next);
    return new Set([...found, ...rest]).size;
  }

  #page(
    script: 'volatile-hashes-native-scan' | 'volatile-hashes-native-size',
    hash: string,
    cursor: string,
  ): Promise<[next: string, found: string[] | number]> {
    const reply = runScript(this.client, script, [this.keys.hash(hash)], [cursor, PAGE]);
    return reply as Promise<[string, string[] | number]>;
  }

  reap(): Promise<Progress> {
    return Promise.resolve({ done: 0, more: false });
  }

  oldestOverdue(): Promise<number> {
    return Promise.resolve(0);
  }
}
