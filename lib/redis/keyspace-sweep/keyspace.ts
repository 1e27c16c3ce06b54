import { isCluster, type RedisLike, type RedisClusterLike } from '../connection/client.js';
import { send, type Wait } from '../lua/send.js';
import { runIdOf } from './run-id.js';

/** A part of the keys that one server holds. */
export interface Shard {
  /** Which slots, as text: the same when another server has taken them over. */
  readonly slots: string;
  /** The server that holds them now. */
  readonly node: RedisLike;
}

/** Where the keys are now, in the order of their slots. One server is one shard. */
export function shardsOf(client: RedisLike, wait: Wait = {}): Promise<Shard[]> {
  return isCluster(client) ? clusterShards(client, wait) : Promise.resolve([{ slots: 'all', node: client }]);
}

type SlotRange = [
  first: number,
  last: number,
  ...nodes: [host: string, port: number, id: string, ...unknown[]][],
];

async function clusterShards(cluster: RedisClusterLike, wait: Wait): Promise<Shard[]> {
  const nodes = cluster.nodes('master');
  const byId = new Map(
    await Promise.all(nodes.map(async (node) => [await nodeIdOf(node, wait), node] as const)),
  );
  const anyNode = nodes[Math.floor(Math.random() * nodes.length)];
  if (anyNode === undefined) throw new Error('The client is not connected to any master of the Cluster');
  const ranges = (await send(anyNode, 'CLUSTER SLOTS', [], [], wait)) as SlotRange[];
  const slots = new Map<string, string[]>();
  for (const [first, last, master] of ranges.toSorted(([a], [b]) => a - b)) {
    const id = master?.[2] ?? '';
    slots.set(id, [...(slots.get(id) ?? []), `${first}-${last}`]);
  }
  return [...slots].map(([id, own]) => {
    const node = byId.get(id);
    if (node !== undefined) return { slots: own.join(), node };
    cluster.refreshSlotsCache();
    throw new Error(`The client does not know the new master of slots ${own.join()} yet`);
  });
}

/**
 * Whether a shard of a Cluster is losing keys: slots have moved to another master since the shard was read, or are being
 * migrated, key by key, while they are still listed here.
 */
export async function isLosingKeys({ node, slots }: Shard, wait: Wait): Promise<boolean> {
  const nodes = String(await send(node, 'CLUSTER NODES', [], [], wait));
  const own = nodes.split('\n').find((line) => line.includes('myself')) ?? '';
  const words = own.split(' ').slice(FIRST_SLOT_WORD);
  const ranges = words.filter((word) => !word.startsWith('[')).map((word) => rangeOf(word));
  return ranges.join() !== slots || words.some((word) => word.includes('->-'));
}

/** Where the slots begin in a line of CLUSTER NODES. */
const FIRST_SLOT_WORD = 8;

/** As CLUSTER SLOTS has it: a single slot is a range too. */
function rangeOf(word: string): string {
  return word.includes('-') ? word : `${word}-${word}`;
}

const ids = new WeakMap<RedisLike, { readonly run: string; readonly id: string }>();

/** A node's id in its Cluster: it may come back as another after a restart. */
async function nodeIdOf(node: RedisLike, wait: Wait): Promise<string> {
  const run = await runIdOf(node, wait);
  const known = ids.get(node);
  if (known?.run === run) return known.id;
  const id = String(await send(node, 'CLUSTER MYID', [], [], wait));
  ids.set(node, { run, id });
  return id;
}
