import { randomUUID } from 'node:crypto';
import { describeValue } from '../options/describe-value.js';
import { WorkStealingConfigError } from '../options/errors.js';
import type { RedisConnection, RedisLike } from '../redis/connection/client.js';
import { scriptRunner } from '../redis/lua/script.js';
import { within } from '../time/within.js';
import { Breaker } from './breaker.js';
import { CacheKeys } from './cache-keys.js';
import type { CacheTools } from './cache-tools.js';
import type { Payload } from './payload.js';
import { LUA } from './scripts.generated.js';

/** An entry as it was found. */
export interface Entry {
  readonly payload: Payload;
  /** Another one for each value that is stored. */
  readonly id: string;
  /** ms to its expiry; below 0: past it. */
  readonly left: number;
  /** How long its recompute took: ms. */
  readonly delta: number;
}

/** What a look at a key came to. */
export interface Look {
  readonly entry: Entry | undefined;
  /** The right to recompute, when it was due and nobody else has it: the text by which the lease is known. */
  readonly lease: string | undefined;
  /** Whether it was due, but another has the lease, or a rest is kept after a failure. */
  readonly isHeld: boolean;
}

/** How a key is looked at. */
export interface Question {
  /** How many recompute times ahead of its expiry an entry is due. */
  readonly lead: number;
  /** ms to be added to that. @default 0 */
  readonly ahead?: number;
  /** The id of an entry that counts as missing. */
  readonly disregarded?: string | undefined;
}

/** What is to be stored. */
export interface NewEntry {
  readonly payload: Payload;
  /** How long its recompute took: ms. Where nobody has measured it, that of the entry before. */
  readonly delta?: number;
  /** ms, whole; 0: not stored. */
  readonly ttl: number;
  /** ms past the expiry, whole. */
  readonly stale: number;
}

type Reply = [granted: number, kind?: Buffer, value?: Buffer, id?: Buffer, left?: number, delta?: number];

const run = scriptRunner(LUA, 'bytes');

/** Statuses of a client that has no connection and will not have one at once. */
const AWAY = new Set<string>(['reconnecting', 'close', 'end']);

/**
 * The entries in Redis, each call one round trip. Nothing here rejects: undefined means that Redis has not answered,
 * which is logged and counted.
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

  async look(key: string, { lead, ahead = 0, disregarded = '' }: Question): Promise<Look | undefined> {
    const lease = randomUUID();
    const args = [lead, ahead, lease, this.tools.options.lease, disregarded];
    let answer: Promise<Reply> | undefined;
    const reply = await this.#ask('look-up', key, () => {
      answer = this.#send('cache-look', this.#keys.both(key), args).then(replyOf);
      return answer;
    });
    if (reply === undefined) {
      // A lease that is granted when nobody waits for it any longer would keep all others waiting.
      const giveBack = () =>
        void this.#send('cache-release', [this.#keys.lease(key)], [lease, 0]).catch(() => undefined);
      if (answer === undefined) return undefined;
      // The server runs this one next, whether its replies reach us or not.
      giveBack();
      // Unless the script had to be sent again as text, which comes after it.
      answer.then(([granted]) => granted === 1 && giveBack()).catch(() => undefined);
      return undefined;
    }
    const [granted] = reply;
    return { entry: entryOf(reply), lease: granted === 1 ? lease : undefined, isHeld: granted === -1 };
  }

  /** Whether it is stored: false when the lease has expired or was taken away. Without a lease it always is. */
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
    return this.#askWhether('storing', key, () => this.#send('cache-store', this.#keys.both(key), args));
  }

  /** Ends a lease; false when it had expired. */
  async release(key: string, lease: string, rest = 0): Promise<boolean | undefined> {
    const args = [lease, Math.ceil(rest)];
    return this.#askWhether('release of the lease', key, () =>
      this.#send('cache-release', [this.#keys.lease(key)], args),
    );
  }

  /** Gives a lease its full time again; false when it has expired or was taken away. */
  async renew(key: string, lease: string): Promise<boolean | undefined> {
    const args = [lease, this.tools.options.lease];
    return this.#askWhether('renewal of the lease', key, () =>
      this.#send('cache-renew', [this.#keys.lease(key)], args),
    );
  }

  /** Removes an entry, or with `isServed` lets it expire now; false when there was none. */
  async drop(key: string, isServed: boolean): Promise<boolean | undefined> {
    return this.#askWhether('removal', key, () =>
      this.#send('cache-drop', this.#keys.both(key), [isServed ? '1' : '']),
    );
  }

  async #askWhether(what: string, key: string, send: () => Promise<unknown>): Promise<boolean | undefined> {
    const reply = await this.#ask(what, key, send);
    return reply === undefined ? undefined : Number(reply) === 1;
  }

  #send(
    script: keyof typeof LUA,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> {
    const { lease, patience } = this.tools.options;
    // A look whose answer comes late is of use as long as the lease that it may bring.
    return run(this.#client, script, keys, args, { patience: Math.max(lease, patience) });
  }

  async #ask<T>(what: string, key: string, send: () => Promise<T>): Promise<T | undefined> {
    const { clock, counts, complaints, options } = this.tools;
    if (this.#breaker.isOpen(clock.now())) {
      counts.redisErrors++;
      return undefined;
    }
    try {
      if (AWAY.has(this.#client.status))
        throw new Error(`the connection is in state "${this.#client.status}"`);
      const { patience } = options;
      const message = `Redis did not answer within ${patience} ms`;
      const reply = await within(send(), patience, { clock, message });
      this.#breaker.succeeded();
      return reply;
    } catch (error) {
      // A refusal is an answer, and comes at once.
      if (!isRefusal(error)) this.#breaker.failed(clock.now());
      counts.redisErrors++;
      complaints.ofCache(`Redis failed at the ${what} of ${describeValue(key)}`, error);
      return undefined;
    }
  }
}

function isRefusal(error: unknown): boolean {
  const { name } = error as Error;
  return name === 'ReplyError' || error instanceof WorkStealingConfigError;
}

/** What stands between us and the server may mix answers up; then there is none. */
function replyOf(reply: unknown): Reply {
  if (Array.isArray(reply)) return reply as Reply;
  throw new TypeError(`the answer is ${describeValue(reply)}; expected a list`);
}

function entryOf([, kind, value, id, left = 0, delta = 0]: Reply): Entry | undefined {
  if (kind === undefined || value === undefined || id === undefined) return undefined;
  const payload = { kind: kind.toString() as Payload['kind'], bytes: value };
  return { payload, id: id.toString(), left, delta };
}
