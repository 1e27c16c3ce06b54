import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findRedisServer } from './find-server.mjs';
import { startRedis } from './server.mjs';
import { until } from './until.mjs';

const run = promisify(execFile);

/** How Sentinels call the master that they look after. */
const NAME = 'main';
const SENTINELS = 3;

/**
 * @typedef {object} PrivateSentinels
 * @property {string} name how they call their master
 * @property {{ host: string, port: number }[]} sentinels
 * @property {import('./server.mjs').PrivateRedis[]} nodes the master first, then its replica
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a master, a replica and three Sentinels on 127.0.0.1; a failed master is replaced after some 2 s.
 *
 * @param {object} [options]
 * @param {'redis-8' | 'valkey-9'} [options.release]
 * @returns {Promise<PrivateSentinels>}
 */
export async function startRedisSentinel({ release } = {}) {
  const started = [];
  const start = async (options) => {
    const server = await startRedis({ ...options, release });
    started.push(server);
    return server;
  };
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())));
  try {
    const master = await start({ args: ['--repl-diskless-sync-delay', '0'] });
    const replica = await start({ args: ['--replicaof', master.host, String(master.port)] });
    const config = configOf(master);
    const sentinels = await Promise.all(
      Array.from({ length: SENTINELS }, () => start({ config, args: ['--sentinel'] })),
    );
    await untilAcquainted(sentinels, release);
    return {
      name: NAME,
      sentinels: sentinels.map(({ host, port }) => ({ host, port })),
      nodes: [master, replica],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configOf({ host, port }) {
  return [
    `sentinel monitor ${NAME} ${host} ${port} 2`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 2000`,
    '',
  ].join('\n');
}

/** Until each knows the others and the replica: before that they replace nobody. */
async function untilAcquainted(sentinels, release) {
  const { cli, env } = await findRedisServer({ release });
  const ask = (port, ...words) => run(cli[0], [...cli.slice(1), '-p', String(port), ...words], { env });
  for (const { port } of sentinels) {
    await until('the Sentinels know each other', async () => {
      const lines = (await ask(port, 'sentinel', 'master', NAME)).stdout.split('\n');
      const valueOf = (name) => Number(lines[lines.indexOf(name) + 1]);
      return valueOf('num-slaves') === 1 && valueOf('num-other-sentinels') === SENTINELS - 1;
    });
  }
}
