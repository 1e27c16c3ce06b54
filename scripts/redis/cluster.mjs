import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findRedisServer } from './find-server.mjs';
import { startRedis } from './server.mjs';
import { until } from './until.mjs';

const run = promisify(execFile);

/** With more, nodes take seconds to find each other. */
const NODE_TIMEOUT = 1000;

/**
 * @typedef {object} PrivateCluster
 * @property {import('./server.mjs').PrivateRedis[]} nodes masters first, then their replicas
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a Redis Cluster on 127.0.0.1, ready for use; a failed master is replaced after about 2.5 s. A master that is
 * stalled for longer than `nodeTimeout` has failed: whoever does not want that on a busy machine gives more.
 *
 * @param {object} [options]
 * @param {number} [options.nodeTimeout] ms, from when the Cluster is ready
 * @param {number} [options.masters] 3 at least
 * @param {number} [options.replicas] of each master
 * @param {'redis-6' | 'redis-8' | 'valkey-8' | 'valkey-9'} [options.release]
 * @returns {Promise<PrivateCluster>}
 */
export async function startRedisCluster({
  masters = 3,
  replicas = 1,
  nodeTimeout = NODE_TIMEOUT,
  release,
} = {}) {
  const args = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    String(NODE_TIMEOUT),
    '--repl-diskless-sync-delay',
    '0',
  ];
  const nodes = await Promise.all(
    Array.from({ length: masters * (1 + replicas) }, () => startRedis({ args, release })),
  );
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    const { cli, env } = await findRedisServer({ release });
    const call = (...words) => run(cli[0], [...cli.slice(1), ...words], { env });
    const addresses = nodes.map(({ host, port }) => `${host}:${port}`);
    await call('--cluster', 'create', ...addresses, '--cluster-replicas', String(replicas), '--cluster-yes');
    for (const { port } of nodes) await untilReady(() => call('-p', String(port), 'cluster', 'info'));
    for (const { port } of nodes.slice(masters))
      await untilLinked(() => call('-p', String(port), 'info', 'replication'));
    if (nodeTimeout !== NODE_TIMEOUT) {
      for (const { port } of nodes)
        await call('-p', String(port), 'config', 'set', 'cluster-node-timeout', String(nodeTimeout));
    }
    return { nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(info) {
  await until('the Redis Cluster is ready', async () => (await info()).stdout.includes('cluster_state:ok'));
}

/** A replica that has not yet been linked to its master cannot replace it. */
async function untilLinked(info) {
  await until('a replica is linked to its master', async () =>
    (await info()).stdout.includes('master_link_status:up'),
  );
}
