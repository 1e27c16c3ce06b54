import { WorkStealingConfigError } from '../../options/errors.js';
import { within } from '../../time/within.js';
import { isCluster, type ClientOptions, type RedisLike } from '../connection/client.js';
import { explainedRefusal } from './refusals.js';

// A client has a method for each command, and its options change what they do: automatic pipelining queues them, and
// loses the first word of `callBuffer`; `keyPrefix` is put before the keys of those commands that the client knows;
// `scaleReads` sends some to a replica; `stringNumbers`, RESP3 and reply transformers change the replies. Everything in
// this package is sent by `send()` instead, which none of them affects:
//
// - The command is made by the client's own `callBuffer`, called on an object that has no options, and handed to
//   `sendCommand`. That needs no class of ioredis, so any copy, any version and iovalkey will do.
// - The prefix is put before the keys here, whatever the command, and the keys are told to the command, by which a
//   Cluster finds their node.
// - Names are in upper case: a Cluster does not recognize such a command as one that a replica could answer, and no
//   transformer is registered for it.
// - Replies are read as bytes and converted here. Texts come as Buffers in all versions, so a string is a number.
// - The time-out is `within()`'s, which a busy event loop does not shorten.

/** A key of Redis, or an argument that is no number. */
export type Text = string | Buffer;

/** How long a call waits for its reply. A slice is one: it waits until its signal is aborted. */
export interface Wait {
  /** Ends the wait. A command that was just sent has {@link SHORTEST} all the same. */
  readonly signal?: AbortSignal | undefined;
  /** ms. @default what {@link setPatience} has set, the client's `commandTimeout`, or {@link PATIENCE} */
  readonly patience?: number | undefined;
}

/** What a call waits for its reply where nobody has set anything: ms. */
export const PATIENCE = 2000;
/** What a slice that is over waits for a reply, so that it hears of what it has just written: ms. */
const SHORTEST = 20;

/** Redis was not reached, or did not answer in time: a write may have been applied nevertheless. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError';
}

/** The part of a client's command that is set here; the rest is the client's business. */
export interface ClientCommand {
  name: string;
  args: unknown[];
  getKeys(): readonly Text[];
  setTimeout(ms: number): void;
  /** Called with the connection that the command is about to be written to. */
  toWritable(socket: object): unknown;
}

/** A client's method, which asks nothing of the object that it is called on but this. */
type CallBuffer = (
  this: { options: object; sendCommand(command: ClientCommand): Promise<unknown> },
  command: string,
  args: readonly (Text | number)[],
) => Promise<unknown>;

const patiences = new WeakMap<RedisLike, number>();

/** Sets how long calls through a client wait for their replies: ms. */
export function setPatience(client: RedisLike, ms: number): void {
  patiences.set(client, ms);
}

/** How long calls through a client wait for their replies: ms. */
export function patienceOf(client: RedisLike): number {
  return patiences.get(client) ?? optionOf(client, 'commandTimeout') ?? PATIENCE;
}

/** What stands before all keys: the client's `keyPrefix`. */
export function keyPrefixOf(client: RedisLike): string {
  return optionOf(client, 'keyPrefix') ?? '';
}

/**
 * Sends a command: its words, such as `HGET` or `XINFO CONSUMERS`, then its keys, then all else.
 *
 * @returns the reply as RESP2 would have it, whatever the client's options: numbers, strings, null and arrays of them.
 * @throws RedisUnavailableError when Redis is not reached or does not answer in time, ReplyError when it refuses.
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

/** The same with Buffers in the place of strings. */
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
 * Hands a command to the client, without a time-out.
 *
 * @param head - arguments between the words and the keys.
 * @param prepare - sets what else is particular about the command.
 * @returns its reply with Buffers in the place of strings.
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

/** No command that is sent here has this for a reply of its own. */
function isQueued(reply: unknown): boolean {
  return Buffer.isBuffer(reply) && reply.length === 6 && reply.toString() === 'QUEUED';
}

function inTransaction(client: RedisLike, name: string): Error {
  return new WorkStealingConfigError(
    `${name} came into a MULTI that the application has open on this client, to Redis at ${addressOf(client)}: it is run ` +
      `with EXEC, and its reply is among those of EXEC. Hand in a client of its own, such as client.duplicate(), or ` +
      'write client.multi() without { pipeline: false }',
  );
}

/** Waits for a reply as long as told. */
export async function inTime<T>(client: RedisLike, reply: Promise<T>, wait: Wait): Promise<T> {
  const patience = wait.patience ?? patienceOf(client);
  try {
    return await within(reply, patience, { signal: wait.signal, atLeast: SHORTEST });
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error;
    const until = wait.signal?.aborted === true ? 'before the slice was over' : `within ${patience} ms`;
    throw new RedisUnavailableError(
      `Redis at ${addressOf(client)} did not answer ${until}; a write may have been applied nevertheless`,
      { cause: error },
    );
  }
}

/** The same reply with strings in the place of Buffers. */
export function textOf(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? reply.map(textOf) : reply;
}

/** A reply of fields and values, in turn, as an object; `__proto__` becomes a field like any other. */
export function recordOf(reply: unknown): Record<string, string> {
  const pairs = reply as readonly string[];
  return Object.fromEntries(
    Array.from({ length: pairs.length / 2 }, (_, index) => [pairs[2 * index]!, pairs[2 * index + 1]!]),
  );
}

/** A reply as RESP2 has it, with Buffers for texts. */
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

/** What a server refuses is its own error; anything else a client says of itself. */
function explained(client: RedisLike, error: unknown): unknown {
  if (!(error instanceof Error) || error.name === 'ReplyError' || error instanceof TypeError) return error;
  const { status } = client;
  const why =
    status === 'ready'
      ? `could not be asked: ${error.message}`
      : `is not connected (its client's state is "${status}"); a write that was under way may have been applied`;
  return new RedisUnavailableError(`Redis at ${addressOf(client)} ${why}`, { cause: error });
}

/** Where a client's servers are, without a password. */
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
