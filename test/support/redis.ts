import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { Redis, type Cluster } from 'ioredis';
import type { RedisLike } from 'nestjs-work-stealing/redis';
import { setPatience } from '../../lib/redis/lua/send.js';
import {
  findRedisServer,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from '../../scripts/redis/index.mjs';

/** Enough to unpack a server from packages on a slow machine: ms. */
const PATIENCE = 120_000;

type Options = NonNullable<Parameters<typeof startRedis>[0]>;
type PrivateRedis = Awaited<ReturnType<typeof startRedis>>;
type PrivateCluster = Awaited<ReturnType<typeof startRedisCluster>>;

/** A private server for the tests of one file: started before them, stopped after. */
export function useRedis(options: Options = {}): PrivateRedis {
  return duringTests(() => startRedis(options));
}

/** A private Redis Cluster of 3 masters with a replica each, for the tests of one file. */
export function useRedisCluster(
  options: NonNullable<Parameters<typeof startRedisCluster>[0]> = {},
): PrivateCluster {
  return duringTests(() => startRedisCluster(options));
}

/** A private master with a replica and three Sentinels, for the tests of one file. */
export function useRedisSentinel(): Awaited<ReturnType<typeof startRedisSentinel>> {
  return duringTests(() => startRedisSentinel());
}

/**
 * Tests on a release that is newer than the host's. Where it cannot be had they fail, or are left out where
 * ALLOW_MISSING_SERVERS=1 says so.
 */
export async function describeOnRelease(
  release: NonNullable<Options['release']>,
  title: string,
  tests: (server: PrivateRedis) => void,
): Promise<void> {
  const missing = await findRedisServer({ release }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (missing !== undefined && process.env.ALLOW_MISSING_SERVERS === '1') {
    process.stderr.write(`\nLEFT OUT: ${title}. ${release} is not to be had here: ${missing}\n\n`);
    return;
  }
  describe(title, () => tests(useRedis({ release })));
}

/** Arguments of a server that cannot expire fields, whichever there is on this machine. */
export async function withoutFieldExpiry(): Promise<string[]> {
  const { version } = await findRedisServer();
  const [, name, major, minor] = /^(\w+) server v=(\d+)\.(\d+)/.exec(version) ?? [];
  const release = Number(major) + Number(minor) / 1000;
  const canExpire = release >= (name === 'Valkey' ? 9 : 7.004);
  return canExpire ? ['--rename-command', 'HPEXPIRE', ''] : [];
}

/** Long enough for a server, or this process, that a busy machine leaves aside for seconds: ms. */
export const PATIENCE_OF_CALLS = 20_000;
/** Options of a Cluster whose tests want no failover: a master that is left aside for seconds has not failed. */
export const STEADY = { nodeTimeout: 30_000 } as const;

/** Has calls through a client wait for a server that is left aside for longer than the usual 2 s. */
export function patient<Client extends RedisLike>(client: Client): Client {
  setPatience(client, PATIENCE_OF_CALLS);
  return client;
}

/** Waits until a client has connected. Not events.once(): attempts to connect that fail on the way are no failure here. */
export async function untilReady(client: Redis | Cluster): Promise<void> {
  if (client.status !== 'ready') await new Promise<void>((resolve) => void client.once('ready', resolve));
}

/** Has these nodes of a Cluster replace a master that is silent for so long: ms. */
export async function setNodeTimeout(nodes: readonly { readonly port: number }[], ms: number): Promise<void> {
  await Promise.all(
    nodes.map(({ port }) => on(port, (node) => node.config('SET', 'cluster-node-timeout', ms))),
  );
}

/**
 * Waits until a replica of each of these masters has acknowledged all that the master has written so far, on whichever
 * connection: WAIT knows only of its own, and may give up before.
 */
export async function untilReplicated(masters: readonly { readonly port: number }[]): Promise<void> {
  for (const { port } of masters) {
    await on(port, async (master) => {
      let written: number | undefined;
      for (;;) {
        const info = await master.info('replication');
        written ??= Number(/master_repl_offset:(\d+)/.exec(info)![1]);
        const acknowledged = [...info.matchAll(/^slave\d+:.*state=online,offset=(\d+)/gm)].map(([, at]) =>
          Number(at),
        );
        if (Math.max(-1, ...acknowledged) >= written) return;
        await sleep(20);
      }
    });
  }
}

/** Waits until a server has no more than so many connections: what a killed process has sent may be run until its is gone. */
export async function untilConnections(client: Redis, most: number): Promise<void> {
  while (
    String(await client.client('LIST'))
      .trim()
      .split('\n').length > most
  )
    await sleep(5);
}

/** Asks a server on a connection of its own. */
async function on<T>(port: number, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(port);
  client.on('error', () => undefined);
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

/** Stands for what is only started when the tests run. */
function duringTests<T extends { stop(): Promise<void> }>(start: () => Promise<T>): T {
  let started: T | undefined;
  beforeAll(async () => {
    started = await start();
  }, PATIENCE);
  afterAll(() => started?.stop());
  return new Proxy({} as T, {
    get(_target, key) {
      if (started === undefined) throw new Error(`"${String(key)}" is known only while tests run`);
      const value: unknown = Reflect.get(started, key, started);
      return typeof value === 'function' ? (value.bind(started) as unknown) : value;
    },
  });
}
