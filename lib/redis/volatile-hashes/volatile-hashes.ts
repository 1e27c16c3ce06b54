import type { OnModuleInit } from '@nestjs/common';
import { check, integer, oneOf, option } from '../../options/option.js';
import { isGroup, type OptionTable } from '../../options/option-table.js';
import type { Job, Progress, Slice } from '../../recruiter/job.js';
import { describeValue } from '../../options/describe-value.js';
import { WorkStealingConfigError } from '../../options/errors.js';
import { checkInteger, checkText, checkTexts, KEY_PART, lifetimeOf } from '../arguments.js';
import type { RedisLike, RedisConnection } from '../connection/client.js';
import { checkAtBootstrap } from '../connection/needed-commands.js';
import { inTime } from '../lua/send.js';
import { serverVersion, unusableCommands } from '../connection/server-features.js';
import { structureOf } from '../structure.js';
import type { FieldStore, FieldValue } from './field-store.js';
import { HashKeys } from './hash-keys.js';
import { NativeFields } from './native-fields.js';
import { StolenFields } from './stolen-fields.js';

/** Maximum fields of one call: a longer script would hold the server for more than a millisecond. */
const MAX_FIELDS = 250;
/** Maximum fields that one slice deletes. */
const MAX_REAPED = 400;

/** The options of {@link VolatileHashes}. */
export interface VolatileHashesOptions {
  /**
   * Parts that the hashes are spread over, and with them the slots of a Cluster: 1 to 16,384. Must be the same in all
   * processes, and stay so. @default 16
   */
  partitions?: number | undefined;
  /** Maximum fields that one slice deletes: 1 to 400. @default 200 */
  limit?: number | undefined;
  /** Prefix of all keys. @default the connection's, or `work-stealing` */
  prefix?: string | undefined;
  /**
   * `stolen`: the slices of the job delete overdue fields. `native`: the server does (HPEXPIRE: Redis 7.4+, Valkey 9+). `auto`:
   * `native` where the server can, otherwise `stolen`. Must be the same in all processes. @default auto
   */
  backend?: 'auto' | 'stolen' | 'native' | undefined;
}

const OPTIONS = {
  partitions: integer(1, 16_384, 16),
  limit: integer(1, MAX_REAPED, 200),
  prefix: KEY_PART,
  backend: oneOf(['auto', 'stolen', 'native'], 'auto'),
} satisfies OptionTable<VolatileHashesOptions>;

const FIELDS = option('an object of values by field', isGroup);
const VALUE = option(
  'a string, number or Buffer',
  (value) => typeof value === 'string' || Number.isFinite(value) || Buffer.isBuffer(value),
);

/** How long a field lives. */
export interface FieldLifetime {
  /** Time to live: ms above 0. Without it the field stays. */
  ttl?: number;
}

/**
 * Any number of hashes under one name, each field with a time to live of its own.
 *
 * It is a job: decorate a subclass with `@StealableJob()`. Its slices delete overdue fields.
 *
 * - A field past its time is never returned, though it may not be deleted yet.
 * - Times are by the server's clock.
 * - A call is one round trip, except {@link getAll} and {@link size} of a large hash.
 * - The first call also asks the server whether it expires fields itself, unless the backend is `stolen`.
 *
 * All methods throw a TypeError or RangeError that quotes a wrong argument, and reject as the client does when Redis
 * does not answer; a write that timed out may still have been applied.
 */
export class VolatileHashes implements Job, OnModuleInit {
  /** Any process can do its work. */
  readonly fleetWide = true;
  readonly #client: RedisLike;
  readonly #keys: HashKeys;
  readonly #limit: number;
  readonly #backend: 'auto' | 'stolen' | 'native';
  #store: Promise<FieldStore> | undefined;

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @param name - of all these hashes together: not blank, without braces.
   */
  constructor(redis: RedisLike | RedisConnection, name: string, options: VolatileHashesOptions = {}) {
    const hashes = structureOf('VolatileHashes', redis, name, OPTIONS, options);
    this.#client = hashes.client;
    this.#keys = new HashKeys(hashes.prefix, name, hashes.partitions);
    this.#limit = hashes.limit;
    this.#backend = hashes.backend;
  }

  /** Refuses a server that lacks a command; one that does not answer yet is asked again before the first slice. */
  async onModuleInit(): Promise<void> {
    await checkAtBootstrap(this.#client, async () => (await this.#open()).check());
  }

  /** The key of a hash in Redis: HGET shows the raw value there, overdue or not. */
  key(hash: string): string {
    checkText('hash', hash);
    return this.#keys.hash(hash);
  }

  /**
   * Sets a field, and with it its time to live: without one it stays, whatever it had before. A Buffer is kept as it
   * is; {@link get} reads it as UTF-8, `client.hgetBuffer(hashes.key(hash), field)` byte by byte.
   */
  async set(hash: string, field: string, value: FieldValue, lifetime: FieldLifetime = {}): Promise<void> {
    checkText('hash', hash);
    // As a key of an object anything would become a string.
    checkText('field', field);
    await this.setMany(hash, { [field]: value }, lifetime);
  }

  /** Sets 1 to 250 fields of one hash, all with the same time to live, all or none. */
  async setMany(
    hash: string,
    fields: Record<string, FieldValue>,
    lifetime: FieldLifetime = {},
  ): Promise<void> {
    checkText('hash', hash);
    const ttl = lifetimeOf(lifetime);
    check('fields are', fields, FIELDS);
    const entries = Object.entries(fields);
    checkInteger('number of fields', entries.length, 1, MAX_FIELDS);
    for (const [field, value] of entries) {
      checkText('field', field);
      check(`value of ${describeValue(field)}`, value, VALUE);
    }
    await (await this.#open()).set(hash, entries.flat(), ttl);
  }

  /** The value of a field, or null when it is missing or past its time. */
  async get(hash: string, field: string): Promise<string | null> {
    const [value = null] = await this.getMany(hash, [field]);
    return value;
  }

  /** The values of 1 to 250 fields of one hash, each as {@link get} returns it. */
  async getMany(hash: string, fields: readonly string[]): Promise<(string | null)[]> {
    this.#checkFields(hash, fields);
    return (await this.#open()).get(hash, fields);
  }

  /**
   * All fields of a hash that are not past their time. A hash of up to some 250 fields takes one round trip, and all are of
   * one moment. A larger one takes a round trip for each 250: a field that is there all the while is returned, one that
   * comes or goes meanwhile may be or not. O(n) for n fields, in the server and here.
   */
  async getAll(hash: string): Promise<Record<string, string>> {
    checkText('hash', hash);
    return (await this.#open()).getAll(hash);
  }

  /** Deletes 1 to 250 fields, and returns how many of them existed and were not past their time. */
  async delete(hash: string, ...fields: string[]): Promise<number> {
    this.#checkFields(hash, fields);
    return (await this.#open()).delete(hash, fields);
  }

  /** Time to live of a field: ms, Infinity when it stays, undefined when it is missing or past its time. */
  async ttl(hash: string, field: string): Promise<number | undefined> {
    this.#checkFields(hash, [field]);
    const left = await (await this.#open()).ttl(hash, field);
    return left === -2 ? undefined : left === -1 ? Infinity : left;
  }

  /** Removes the time to live of a field; false when it is missing or past its time. */
  async persist(hash: string, field: string): Promise<boolean> {
    this.#checkFields(hash, [field]);
    return (await this.#open()).persist(hash, field);
  }

  /**
   * Number of fields of a hash that are not past their time. One round trip, O(log n) for n fields. Where the server
   * expires fields itself it is O(n), and a hash of more than some 250 fields takes a round trip for each 250, as
   * {@link getAll}.
   */
  async size(hash: string): Promise<number> {
    checkText('hash', hash);
    return (await this.#open()).size(hash);
  }

  /** For how long the longest overdue field has been overdue: ms, 0 when none is. Reads each partition once. */
  async oldestOverdue(): Promise<number> {
    return (await this.#open()).oldestOverdue();
  }

  /** Does one slice: deletes up to `limit` overdue fields. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<Progress> {
    const store = await inTime(this.#client, this.#open(), slice);
    await store.check(slice);
    slice.signal.throwIfAborted();
    return store.reap(slice);
  }

  #checkFields(hash: string, fields: readonly string[]): void {
    checkText('hash', hash);
    checkTexts('fields', fields, MAX_FIELDS);
  }

  /** Reads the server's abilities once; again when it did not answer. */
  #open(): Promise<FieldStore> {
    this.#store ??= this.#choose().catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  async #choose(): Promise<FieldStore> {
    if (this.#backend === 'stolen') return this.#stolen();
    const unusable = await unusableCommands(this.#client, ['HPEXPIRE'], this.#keys.probe);
    const isKnown = unusable?.unknown.length === 0 && unusable.forbidden.length === 0;
    // Where the server does not say what it has, the user is believed.
    if (isKnown || (this.#backend === 'native' && unusable === undefined)) {
      return new NativeFields(this.#client, this.#keys);
    }
    if (this.#backend === 'auto') return this.#stolen();
    throw new WorkStealingConfigError(
      `backend 'native' needs HPEXPIRE (Redis 7.4+, Valkey 9+); this server is ${await serverVersion(this.#client)}. ` +
        `Use 'auto' or 'stolen'.`,
    );
  }

  #stolen(): FieldStore {
    return new StolenFields(this.#client, this.#keys, this.#limit);
  }
}
