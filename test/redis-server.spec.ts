import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { findRedisServer, startRedis } from '../scripts/redis/index.mjs';
import { useRedis, useRedisCluster } from './support/redis.js';

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

  it('says what is wrong with REDIS_SERVER_BIN', async () => {
    process.env.REDIS_SERVER_BIN = '/nowhere/redis-server';
    await expect(findRedisServer()).rejects.toThrow('REDIS_SERVER_BIN is "/nowhere/redis-server"');
    delete process.env.REDIS_SERVER_BIN;
  });
});

describe('A private Redis Cluster', () => {
  const cluster = useRedisCluster();

  it('covers all slots with 3 masters and 3 replicas', async () => {
    const client = new Redis(cluster.nodes[0]!.port);
    const info = String(await client.cluster('INFO'));
    client.disconnect();
    expect(info).toContain('cluster_slots_ok:16384');
    expect(cluster.nodes).toHaveLength(6);
  });
});
