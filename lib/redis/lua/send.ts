import { WorkStealingConfigError } from '../../options/errors.js';
import { within } from '../../time/within.js';
import { isCluster, type ClientOptions, type RedisLike } from '../connection/client.js';
import { explainedRefusal } from './refusals.js';

// A client has a method for each command, and its options change what they do: automatic pipelining queues them, and
// loses the first word of `callBuffer`; `keyPrefix` is put before the keys of those commands that the client knows;
// `scaleReads` sends some to a replica; `stringNumbers`, RESP3 and reply transformers change the replies. Everything in
// this package is sent by `send()` instead, which none of them affects:
//
// - The command is created by the client's own `callBuffer`, called on an object that has no options, and passed to
//   `sendCommand`. That needs no class of ioredis, so it works with any copy, any version and iovalkey.
// - The prefix is added to the keys here, whatever the command, and the keys are set on the command, so that a Cluster
//   finds their node.
// - Names are in upper case: a Cluster does not recognize such a command as one for replicas, and no transformer is
//   registered for it.
// - Replies are read as bytes and converted here. Strings come as Buffers in all versions, so a string is a number.
// - The time-out is that of `within()`, which a busy event loop does not shorten.

/** A key of Redis, or an argument that is not a number. */
export type Text = string | Buffer;

/** How long a call waits for its reply. A slice can be passed: the call then waits until its signal is aborted. */
export interface Wait {
  /** Ends the wait. A command that was just sent still has {@link MIN_PATIENCE_MS}. */
  readonly signal?: AbortSignal | undefined;
  /** Maximum wait: ms. @default set by {@link setPatience}, the client's `commandTimeout`, or {@link PATIENCE_MS} */
  readonly patience?: number | undefined;
}

/** Default wait of a call for its reply. */
export const PATIENCE_MS = 2000;
/** Minimum wait, also of a slice whose time is spent, so that it can confirm its last write. */
const MIN_PATIENCE_MS = 20;

/** Redis could not be reached, or did not reply in time. A write may have been applied nevertheless. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError';
}

/** The part of a client's command that is set here. */
export interface ClientCommand {
  name: string;
  args: unknown[];
  getKeys(): readonly Text[];
  setTimeout(ms: number): void;
  /** Called with the connection to which the command is about to be written. */
  toWritable(socket: object): unknown;
}

/** A client's method, with the only properties that it needs of `this`. */
type CallBuffer = (
  this: { options: object; sendCommand(command: ClientCommand): Promise<unknown> },
  command: string,
  args: readonly (Text | number)[],
) => Promise<unknown>;

/** In Redis 6.2 the code is inside the message of a script's error. */
const TEMPORARY = /(^|-)(OOM|MISCONF|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|TRYAGAIN|BUSY) /;

/** Whether the server can run no command of this kind now, whatever the item: it is full, unreachable, or a replica. */
export function isServersFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // A server that does not reply in time may be busy with this item.
  if (error instanceof RedisUnavailableError) return (error.cause as Error).name !== 'TimeoutError';
  return error.name === 'ReplyError' && TEMPORARY.test(error.message);
}

const patiences = new WeakMap<RedisLike, number>();

/** Sets how long calls through a client wait for their replies: ms. */
export function setPatience(client: RedisLike, ms: number): void {
  patiences.set(client, ms);
}

/** The wait of calls through a client for their replies: ms. */
export function patienceOf(client: RedisLike): number {
  return patiences.get(client) ?? optionOf(client, 'commandTimeout') ?? PATIENCE_MS;
}

/** The client's `keyPrefix`, which all keys begin with. */
export function keyPrefixOf(client: RedisLike): string {
  return optionOf(client, 'keyPrefix') ?? '';
}

/**
 * Sends a command: its words, such as `HGET` or `XINFO CONSUMERS`, then its keys, then its other arguments.
 *
 * @returns the reply as in RESP2, whatever the client's options: numbers, strings, null and arrays of them.
 * @throws RedisUnavailableError when Redis cannot be reached or does not reply in time; ReplyError when it refuses.
 */
export async function send(
  client: RedisLike,
  words: string,
  keys: readonly Text[] = [],
  args: readonly (Text | number)[] = [],
  wait: Wait = {},
): Promise<unknown> {
  return textOf(await sendForBytes(client, words, keys, args, wait));
}

/** Sends a command as {@link send} does; the reply has Buffers instead of strings. */
export async function sendForBytes(
  client: RedisLike,
  words: string,
  keys: readonly Text[] = [],
  args: readonly (Text | number)[] = [],
  wait: Wait = {},
): Promise<unknown> {
  try {
    return await inTime(client, dispatch(client, words, keys, args), wait);
  } catch (error) {
    throw explainedRefusal(error);
  }
}

/**
 * Passes a command to the client, without a time-out.
 *
 * @param head - arguments between the words and the keys.
 * @param prepare - sets further properties of the command.
 * @returns its reply with Buffers instead of strings.
 */
export async function dispatch(
  client: RedisLike,
  words: string,
  keys: readonly Text[],
  args: readonly (Text | number)[],
  head: readonly (Text | number)[] = [],
  prepare: (command: ClientCommand) => void = () => undefined,
): Promise<unknown> {
  const [name, ...rest] = words.split(' ');
  const keyPrefix = keyPrefixOf(client);
  const prefixed = keyPrefix === '' ? keys : keys.map((key) => withPrefix(keyPrefix, key));
  const sender = {
    options: { enableAutoPipelining: false },
    sendCommand(command: ClientCommand): Promise<unknown> {
      command.getKeys = () => prefixed;
      command.setTimeout = () => undefined;
      prepare(command);
      return client.sendCommand(command as never) as Promise<unknown>;
    },
  };
  const { callBuffer } = client as unknown as { callBuffer: CallBuffer };
  let reply: unknown;
  try {
    reply = await callBuffer.call(sender, name!, [...rest, ...head, ...prefixed, ...args]);
  } catch (error) {
    throw explained(client, error);
  }
  if (isQueued(reply)) throw inTransaction(client, name!);
  return replyOf(reply);
}

/** Whether a reply is that of MULTI: no command that is sent here has this reply itself. */
function isQueued(reply: unknown): boolean {
  return Buffer.isBuffer(reply) && reply.length === 6 && reply.toString() === 'QUEUED';
}

function inTransaction(client: RedisLike, name: string): Error {
  return new WorkStealingConfigError(
    `${name} was queued in a MULTI that the application has open on this client, to Redis at ${addressOf(client)}: it runs ` +
      `with EXEC, and its reply is among those of EXEC. Pass a separate client, such as client.duplicate(), or call ` +
      'client.multi() without { pipeline: false }',
  );
}

/** @throws RedisUnavailableError when the reply does not come in time. */
export async function inTime<T>(client: RedisLike, reply: Promise<T>, wait: Wait): Promise<T> {
  const patience = wait.patience ?? patienceOf(client);
  try {
    return await within(reply, patience, { signal: wait.signal, atLeast: MIN_PATIENCE_MS });
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error;
    const until = wait.signal?.aborted === true ? 'before the slice ended' : `within ${patience} ms`;
    throw new RedisUnavailableError(
      `Redis at ${addressOf(client)} did not answer ${until}; a write may have been applied nevertheless`,
      { cause: error },
    );
  }
}

/** Converts the Buffers of a reply to strings. */
export function textOf(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? reply.map(textOf) : reply;
}

/** Converts a reply of alternating fields and values to an object; `__proto__` becomes an ordinary field. */
export function recordOf(reply: unknown): Record<string, string> {
  const pairs = reply as readonly string[];
  return Object.fromEntries(
    Array.from({ length: pairs.length / 2 }, (_, index) => [pairs[2 * index]!, pairs[2 * index + 1]!]),
  );
}

/** Converts a reply to its form in RESP2, with Buffers for strings. */
function replyOf(reply: unknown): unknown {
  if (Buffer.isBuffer(reply) || reply instanceof Error) return reply;
  if (Array.isArray(reply)) return reply.map(replyOf);
  // An integer or a double under `stringNumbers`, or one beyond 2^53.
  if (typeof reply === 'string' || typeof reply === 'boolean') return Number(reply);
  if (reply instanceof Map) return pairsOf([...reply]);
  if (typeof reply === 'object' && reply !== null) return pairsOf(Object.entries(reply));
  return reply ?? null;
}

function pairsOf(entries: readonly (readonly [unknown, unknown])[]): unknown[] {
  return entries.flatMap(([key, value]) => [
    typeof key === 'string' ? Buffer.from(key) : replyOf(key),
    replyOf(value),
  ]);
}

function withPrefix(prefix: string, key: Text): Text {
  return typeof key === 'string' ? prefix + key : Buffer.concat([Buffer.from(prefix), key]);
}

/** Keeps errors of the server; converts errors of the client to a RedisUnavailableError. */
function explained(client: RedisLike, error: unknown): unknown {
  if (!(error instanceof Error) || error.name === 'ReplyError' || error instanceof TypeError) return error;
  const { status } = client;
  const why =
    status === 'ready'
      ? `could not be asked: ${error.message}`
      : `is not connected (its client's state is "${status}"); a write that was under way may have been applied`;
  return new RedisUnavailableError(`Redis at ${addressOf(client)} ${why}`, { cause: error });
}

/** Addresses of a client's servers, without a password. */
export function addressOf(client: RedisLike): string {
  if (isCluster(client)) {
    const nodes = client.nodes().map(({ options }) => options as ClientOptions);
    return nodes.length === 0
      ? 'a Cluster of which no node is known'
      : nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  }
  const { path, sentinels, name, host, port } = client.options as ClientOptions;
  if (sentinels) return `the Sentinels' master "${name}"`;
  return path ?? `${host}:${port}`;
}

function optionOf<Key extends 'commandTimeout' | 'keyPrefix'>(
  client: RedisLike,
  key: Key,
): ClientOptions[Key] {
  const options = client.options as ClientOptions;
  return options[key] ?? options.redisOptions?.[key];
}
