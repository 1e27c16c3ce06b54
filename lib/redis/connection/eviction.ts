import { Log } from '../../logging/log.js';
import type { RedisLike } from './client.js';
import { send } from '../lua/send.js';

const asked = new WeakMap<RedisLike, Promise<void>>();

/**
 * Warns, once for each client, if the server may evict keys that have no time to live. In a Cluster one node is asked; a
 * server that does not reply is ignored.
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
    `The server's maxmemory-policy is ${policy}: when its memory is full it may evict any key, including those in which ` +
      `structures of this library keep their state, which have no time to live. Use noeviction or volatile-*, or a separate ` +
      `server for caches. docs/redis/eviction.md describes what each structure loses.`,
  );
}
