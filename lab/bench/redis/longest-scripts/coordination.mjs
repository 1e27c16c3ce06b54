import { RedisLeases, RedisPaces } from '../library.mjs';

/** Leases and paces: each script has one size only. */
export async function* cases(client) {
  const leases = new RedisLeases(client);
  const paces = new RedisPaces(client);
  let lease;
  yield {
    scripts: ['lease-acquire'],
    what: 'a lease that is free',
    act: (turn) => leases.acquire(`job:${turn}`, 60_000),
  };
  yield {
    scripts: ['lease-acquire'],
    what: 'a lease that is held',
    act: () => leases.acquire('job:0', 60_000),
  };
  yield {
    scripts: ['lease-release'],
    what: 'a lease',
    prepare: async (turn) => (lease = await leases.acquire(`released:${turn}`, 60_000)),
    act: () => lease.release(),
  };
  yield { scripts: ['pace-take'], what: 'a slice', act: () => paces.take('job', 1000) };
}
