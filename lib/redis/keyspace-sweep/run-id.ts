import type { Redis } from 'ioredis';

const known = new WeakMap<Redis, string>();
const watched = new WeakSet<Redis>();

/** What tells one run of a server from the next, and from the server that takes its place. Asked once a connection. */
export async function runIdOf(node: Redis): Promise<string> {
  const before = known.get(node);
  if (before !== undefined) return before;
  if (!watched.has(node)) {
    watched.add(node);
    node.on('close', () => known.delete(node));
  }
  const id = /run_id:(\w+)/.exec(await node.info('server'))?.[1];
  if (id === undefined) throw new Error('INFO server tells no run_id');
  known.set(node, id);
  return id;
}
