import type { Cluster } from 'ioredis';
import { isCluster, type RedisLike } from './client.js';

// Since version 5.11 a Cluster client of ioredis with `enableOfflineQueue: false` refuses a command whose node is not
// connected, and looks for a node again for the next command of the same pipeline. If that node is connected, the rest of the
// pipeline is queued for it but never written, since the pipeline waits for the commands that were refused. From then on
// every reply on this connection goes to another command than its own.

/** Where a pipeline is sent; ioredis sets `redis` with the first command that it does not refuse. */
interface Destination {
  readonly slot: number;
  redis?: ReturnType<Cluster['nodes']>[number] | undefined;
}

const kept = new WeakSet<RedisLike>();

/** Has the Cluster client choose the node of each pipeline once, so that its commands are sent together or not at all. */
export function keepPipelinesWhole(cluster: Cluster): Cluster {
  const sendCommand = cluster.sendCommand.bind(cluster);
  const duplicate = cluster.duplicate.bind(cluster);
  cluster.sendCommand = (command, stream, destination?: Destination) => {
    if (destination !== undefined) destination.redis ??= nodeOf(cluster, destination.slot);
    return sendCommand(command, stream, destination);
  };
  cluster.duplicate = (...args) => keepPipelinesWhole(duplicate(...args));
  kept.add(cluster);
  return cluster;
}

/** Whether pipelines through a client may mix up the replies of a connection: see above. */
export function mayMixReplies(client: RedisLike): boolean {
  if (!isCluster(client) || kept.has(client)) return false;
  const { enableOfflineQueue } = client.options as { readonly enableOfflineQueue?: boolean };
  const { connectionPool } = client as { readonly connectionPool?: object };
  // What refuses commands came with this property.
  return (
    enableOfflineQueue === false &&
    connectionPool !== undefined &&
    'clusterNodeRetryStrategy' in connectionPool
  );
}

/** The node of a slot; while it is not known, one that is connected and redirects. */
function nodeOf(cluster: Cluster, slot: number): Destination['redis'] {
  const masters = cluster.nodes('master');
  const address = cluster.slots[slot]?.[0];
  return (
    masters.find(({ options: { host, port } }) => `${host}:${port}` === address) ??
    masters.find(({ status }) => status === 'ready') ??
    masters[0]
  );
}
