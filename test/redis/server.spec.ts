import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { findRedisServer, startRedis } from '../../scripts/redis/index.mjs';
import { useRedis, useRedisCluster } from '../support/redis.js';

/** Starts a server, says its pid, and goes on. */
const OWNER = `
  const { startRedis } = await import(${JSON.stringify(new URL('../../scripts/redis/index.mjs', import.meta.url).href)});
  console.log((await startRedis()).pid);
  setInterval(() => {}, 1000);`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('A private Redis server', () => {
  const server = useRedis();

  it('answers, survives a restart on its port, and is gone when stopped', async () => {
    const other = await startRedis();
    const client = new Redis(other.url, { lazyConnect: true });
    client.on('error', () => {});
    expect(other.port).not.toBe(server.port);
    await client.set('a', '1');
    await other.restart();
    expect(await client.get('a')).toBeNull();
    client.disconnect();
    const { pid } = other;
    await other.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('ends with the process that started it, though that is killed', async () => {
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', OWNER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(createInterface(owner.stdout), 'line')) as [string];
    expect(isAlive(Number(pid))).toBe(true);
    owner.kill('SIGKILL');
    while (isAlive(Number(pid))) await new Promise(setImmediate);
  });

  it('takes further arguments', async () => {
    const small = await startRedis({ args: ['--maxmemory', '4mb'] });
    const client = new Redis(small.url);
    expect(JSON.stringify(await client.config('GET', 'maxmemory'))).toContain('4194304');
    client.disconnect();
    await small.stop();
  });

  it('says what its arguments did when it ends at once', async () => {
    await expect(startRedis({ args: ['--maxmemory', 'plenty'] })).rejects.toThrow(/ended at once/);
  });
});

describe('Looking for a Redis server', () => {
  const { REDIS_SERVER_BIN, PATH } = process.env;
  const asBefore = { ...(REDIS_SERVER_BIN === undefined ? {} : { REDIS_SERVER_BIN }), PATH };
  afterEach(() => {
    delete process.env.REDIS_SERVER_BIN;
    Object.assign(process.env, asBefore);
  });

  it('takes REDIS_SERVER_BIN before all others', async () => {
    const found = await findRedisServer({ mayUnpack: true });
    const [loader] = found.server;
    process.env.REDIS_SERVER_BIN = loader;
    Object.assign(process.env, { LD_LIBRARY_PATH: found.env.LD_LIBRARY_PATH ?? '' });
    process.env.PATH = '/nowhere';
    expect((await findRedisServer({ mayUnpack: false })).server).toEqual([loader]);
  });

  it('says what is wrong with REDIS_SERVER_BIN', async () => {
    process.env.REDIS_SERVER_BIN = '/nowhere/redis-server';
    await expect(findRedisServer()).rejects.toThrow('REDIS_SERVER_BIN is "/nowhere/redis-server"');
  });

  it('names every remedy when there is none', async () => {
    delete process.env.REDIS_SERVER_BIN;
    process.env.PATH = '/nowhere';
    const none = findRedisServer({ mayUnpack: false });
    await expect(none).rejects.toThrow(
      /brew install redis.*apt install redis-server.*REDIS_SERVER_BIN.*REDIS_URL/,
    );
  });
});

describe('A private Redis Cluster', () => {
  const cluster = useRedisCluster();

  it('covers all slots with 3 masters and 3 replicas', async () => {
    const client = new Redis(cluster.nodes[0]!.port);
    // A node that was left aside for a second is doubted until it answers again.
    let info = '';
    while (!info.includes('cluster_slots_ok:16384')) info = await client.cluster('INFO');
    client.disconnect();
    expect(info).toContain('cluster_slots_ok:16384');
    expect(cluster.nodes).toHaveLength(6);
  });
});
