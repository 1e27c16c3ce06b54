import type { RedisLike } from '../connection/client.js';
import { send, type Wait } from '../lua/send.js';

const known = new WeakMap<RedisLike, string>();
const watched = new WeakSet<RedisLike>();

/** The id of a server's run: it differs after a restart, and on the server of a failover. Read once a connection. */
export async function runIdOf(node: RedisLike, wait: Wait): Promise<string> {
  const before = known.get(node);
  if (before !== undefined) return before;
  if (!watched.has(node)) {
    watched.add(node);
    node.on('close', () => known.delete(node));
  }
  const id = /run_id:(\w+)/.exec(String(await send(node, 'INFO', [], ['server'], wait)))?.[1];
  if (id === undefined) throw new Error('INFO server returned no run_id');
  known.set(node, id);
  return id;
}
