import { Log } from '../../logging/log.js';
import type { RedisLike } from './client.js';
import { send } from '../lua/send.js';

const asked = new WeakMap<RedisLike, Promise<void>>();

/**
 * Warns, once a client, where the server may evict keys that have no time to live. In a Cluster one node speaks for all;
 * one that does not say is left alone.
 */
export function warnOfEviction(client: RedisLike): Promise<void> {
  const known = asked.get(client);
  if (known !== undefined) return known;
  const answer = ask(client).catch(() => void asked.delete(client));
  asked.set(client, answer);
  return answer;
}

async function ask(client: RedisLike): Promise<void> {
  const memory = String(await send(client, 'INFO', [], ['memory']));
  const policy = /^maxmemory_policy:(allkeys-\S+)/m.exec(memory)?.[1];
  if (policy === undefined) return;
  new Log('WorkStealingRedis').warn(
    `The server's maxmemory-policy is ${policy}: when it is full it may evict any key, also those in which structures of ` +
      `this library keep what they know, and which have no time to live. Use noeviction or volatile-*, or a server of its ` +
      `own for what is only cached. What each structure loses is in docs/redis/eviction.md.`,
  );
}
