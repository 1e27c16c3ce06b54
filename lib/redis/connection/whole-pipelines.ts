import type { Cluster } from 'ioredis';
import { isCluster, type ClientOptions, type RedisLike } from './client.js';

// Since version 5.11 a Cluster client of ioredis with `enableOfflineQueue: false` refuses a command whose node is not
// connected, and looks for a node again for the next command of the same pipeline. If that node is connected, the rest of the
// pipeline is queued for it but never written, since the pipeline waits for the commands that were refused. From then on
// every reply on this connection goes to another command than its own.

/** Where a pipeline is sent: ioredis sets `redis` with the first command that it does not refuse. */
interface Destination {
  readonly redis?: object | undefined;
}

/** The error with which ioredis refuses a command. It sends a pipeline again where all commands have this one. */
const REFUSED = 'Connection is closed.';

const kept = new WeakSet<RedisLike>();

/** Has the Cluster client refuse the whole pipeline where it refuses its first command. */
export function keepPipelinesWhole(cluster: Cluster): Cluster {
  const sendCommand = cluster.sendCommand.bind(cluster);
  const duplicate = cluster.duplicate.bind(cluster);
  const refused = new WeakSet<Destination>();
  cluster.sendCommand = (command, stream, destination?: Destination) => {
    if (destination === undefined) return sendCommand(command, stream);
    if (refused.has(destination)) {
      command.reject(new Error(REFUSED));
      return command.promise;
    }
    const reply = sendCommand(command, stream, destination);
    // A client that is not connected at all, or that queues, treats all commands alike.
    if (destination.redis === undefined && cluster.status === 'ready' && !queues(cluster))
      refused.add(destination);
    return reply;
  };
  cluster.duplicate = (...args) => keepPipelinesWhole(duplicate(...args));
  kept.add(cluster);
  return cluster;
}

/** Whether pipelines through a client may mix up the replies of a connection: see above. */
export function mayMixReplies(client: RedisLike): boolean {
  if (!isCluster(client) || queues(client) || kept.has(client)) return false;
  const { connectionPool } = client as { readonly connectionPool?: object };
  // What refuses commands came with this property.
  return connectionPool !== undefined && 'clusterNodeRetryStrategy' in connectionPool;
}

function queues({ options }: Pick<RedisLike, 'options'>): boolean {
  return (options as ClientOptions).enableOfflineQueue !== false;
}
