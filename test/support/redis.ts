import { afterAll, beforeAll, describe } from '@jest/globals';
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
