import { randomUUID } from 'node:crypto';
import { describeValue } from '../options/describe-value.js';
import { WorkStealingConfigError } from '../options/errors.js';
import type { RedisConnection, RedisLike } from '../redis/connection/client.js';
import { scriptRunner } from '../redis/lua/script.js';
import { within } from '../time/within.js';
import { Breaker } from './breaker.js';
import { CacheKeys } from './cache-keys.js';
import type { CacheTools } from './cache-tools.js';
import { decodePayload, type Payload } from './payload.js';
import { LUA } from './scripts.generated.js';

/** An entry as Redis has it. */
export interface Entry {
  readonly payload: Payload;
  /** Unique for each stored value. */
  readonly id: string;
  /** Time to its expiry: ms; below 0: past it. */
  readonly left: number;
  /** Duration of its recompute: ms. */
  readonly delta: number;
}

/** The result of a lookup. */
export interface Lookup {
  readonly entry: Entry | undefined;
  /** ID of the lease to recompute the entry; undefined if the entry is not due or the lease is not granted. */
  readonly lease: string | undefined;
  /** Whether it is due, but another caller has the lease, or the rest after a failed recompute is not over. */
  readonly isHeld: boolean;
}

/** Options of a lookup. */
export interface LookupOptions {
  /** How early before its expiry an entry is due: in recompute times. */
  readonly lead: number;
  /** Time added to that: ms. @default 0 */
  readonly ahead?: number;
  /** ID of an entry that counts as missing. */
  readonly disregarded?: string | undefined;
}

/** A value to store. */
export interface NewEntry {
  readonly payload: Payload;
  /** Duration of its recompute: ms. @default that of the previous entry */
  readonly delta?: number;
  /** Time to live: whole ms; 0: not stored. */
  readonly ttl: number;
  /** Time that it is still served past its expiry: whole ms. */
  readonly stale: number;
}

type Reply = [granted: number, kind?: Buffer, value?: Buffer, id?: Buffer, left?: number, delta?: number];

const run = scriptRunner(LUA, 'bytes');

/** Statuses of a client without a connection. */
const DISCONNECTED = new Set<string>(['reconnecting', 'close', 'end']);

/**
 * The entries in Redis; each call is one round trip. No method rejects: undefined means that Redis has not answered, which
 * is logged and counted.
 */
export class EntryStore {
  readonly #client: RedisLike;
  readonly #keys: CacheKeys;
  readonly #breaker = new Breaker();

  constructor(
    { client, prefix }: RedisConnection,
    name: string,
    private readonly tools: CacheTools,
  ) {
    this.#client = client;
    this.#keys = new CacheKeys(prefix, name);
  }

  async lookup(
    key: string,
    { lead, ahead = 0, disregarded = '' }: LookupOptions,
  ): Promise<Lookup | undefined> {
    const lease = randomUUID();
    const args = [lead, ahead, lease, this.tools.options.lease, disregarded];
    let sent: Promise<Reply> | undefined;
    const reply = await this.#call('look-up', key, () => {
      sent = this.#send('cache-lookup', this.#keys.both(key), args).then(replyOf);
      return sent;
    });
    if (reply === undefined) {
      // A lease that is granted after this caller has stopped waiting would keep all others waiting.
      const releaseLease = () =>
        void this.#send('cache-release', [this.#keys.lease(key)], [lease, 0]).catch(() => undefined);
      if (sent === undefined) return undefined;
      // The server runs this command next, even if its replies do not arrive.
      releaseLease();
      // Except if the script was unknown there and had to be sent again in full, which comes after this command.
      sent.then(([granted]) => granted === 1 && releaseLease()).catch(() => undefined);
      return undefined;
    }
    const [granted] = reply;
    return { entry: entryOf(reply), lease: granted === 1 ? lease : undefined, isHeld: granted === -1 };
  }

  /** Returns whether it is stored: false if the lease has expired or was revoked. Without a lease it always is. */
  async store(key: string, lease: string | undefined, entry: NewEntry): Promise<boolean | undefined> {
    const { payload, delta, ttl, stale } = entry;
    const args = [
      lease ?? '',
      randomUUID(),
      payload.kind,
      payload.bytes,
      delta?.toFixed(3) ?? '',
      ttl,
      stale,
    ];
    return this.#callForFlag('storing', key, () => this.#send('cache-store', this.#keys.both(key), args));
  }

  /**
   * Ends a lease. Returns false if it had expired.
   *
   * @param rest - for how long no lease is granted again while there is a value: ms.
   */
  async release(key: string, lease: string, rest = 0): Promise<boolean | undefined> {
    const args = [lease, Math.ceil(rest)];
    return this.#callForFlag('release of the lease', key, () =>
      this.#send('cache-release', [this.#keys.lease(key)], args),
    );
  }

  /** Renews a lease for its full time. Returns false if it has expired or was revoked. */
  async renew(key: string, lease: string): Promise<boolean | undefined> {
    const args = [lease, this.tools.options.lease];
    return this.#callForFlag('renewal of the lease', key, () =>
      this.#send('cache-renew', [this.#keys.lease(key)], args),
    );
  }

  /** Removes an entry, or with `isServed` lets it expire now. Returns false if there was none. */
  async drop(key: string, isServed: boolean): Promise<boolean | undefined> {
    return this.#callForFlag('removal', key, () =>
      this.#send('cache-drop', this.#keys.both(key), [isServed ? '1' : '']),
    );
  }

  async #callForFlag(what: string, key: string, send: () => Promise<unknown>): Promise<boolean | undefined> {
    const reply = await this.#call(what, key, send);
    return reply === undefined ? undefined : Number(reply) === 1;
  }

  #send(
    script: keyof typeof LUA,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> {
    const { lease, patience } = this.tools.options;
    // A late reply to a lookup matters as long as the lease that it may grant.
    return run(this.#client, script, keys, args, { patience: Math.max(lease, patience) });
  }

  async #call<T>(what: string, key: string, send: () => Promise<T>): Promise<T | undefined> {
    const { clock, counts, options } = this.tools;
    if (this.#breaker.isOpen(clock.now())) {
      counts.redisErrors++;
      return undefined;
    }
    try {
      if (DISCONNECTED.has(this.#client.status))
        throw new Error(`the connection is in state "${this.#client.status}"`);
      const { patience } = options;
      const message = `Redis did not answer within ${patience} ms`;
      const reply = await within(send(), patience, { clock, message });
      this.#breaker.succeeded();
      return reply;
    } catch (error) {
      // A rejected command is a reply, and comes at once.
      if (!isRejection(error)) this.#breaker.failed(clock.now());
      counts.redisErrors++;
      this.tools.reportError(`Redis failed at the ${what} of ${describeValue(key)}`, error);
      return undefined;
    }
  }
}

function isRejection(error: unknown): boolean {
  const { name } = error as Error;
  return name === 'ReplyError' || error instanceof WorkStealingConfigError;
}

/** @throws TypeError for any other reply: a proxy before the server may mix replies up. */
function replyOf(reply: unknown): Reply {
  if (Array.isArray(reply)) return reply as Reply;
  throw new TypeError(`the reply is ${describeValue(reply)}; expected a list`);
}

function entryOf([, kind, value, id, left = 0, delta = 0]: Reply): Entry | undefined {
  if (kind === undefined || value === undefined || id === undefined) return undefined;
  const payload = { kind: kind.toString() as Payload['kind'], bytes: value };
  return { payload, id: id.toString(), left, delta };
}

/** The value of an entry, and a way to decode another copy of it. */
export interface DecodedEntry {
  readonly value: unknown;
  readonly decode: Decode;
}

/** Decodes one more copy of a value, for one more caller. */
export type Decode = () => unknown;

/** Returns undefined for an entry that cannot be decoded, which is logged, counted, and treated as a miss. */
export function decodeEntry(key: string, { payload }: Entry, tools: CacheTools): DecodedEntry | undefined {
  const decode = () => decodePayload(tools.options.codec, payload);
  try {
    return { value: decode(), decode };
  } catch (error) {
    tools.counts.broken++;
    tools.reportError('its entry cannot be decoded, and counts as missing', error, key);
    return undefined;
  }
}
