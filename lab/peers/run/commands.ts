import type { Redis } from 'ioredis';

/** Commands that Redis has executed since its statistics were reset, those of scripts included, without some by name. */
export async function executed(redis: Redis, without: ReadonlyMap<string, number>): Promise<number> {
  const stats = commandCounts(await redis.info('commandstats'));
  for (const [name, count] of without) stats.set(name, (stats.get(name) ?? 0) - count);
  // Its own question, and the reset before.
  for (const name of ['info', 'config|resetstat']) stats.delete(name);
  return [...stats.values()].reduce((sum, count) => sum + count, 0);
}

/** Calls by command, from what INFO commandstats says. */
export function commandCounts(info: string): Map<string, number> {
  return new Map(
    [...info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)].map(([, name, calls]) => [name!, Number(calls)]),
  );
}

/** CPU time of the server so far: ms. */
export async function serverTime(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const of = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  return (of('used_cpu_user') + of('used_cpu_sys')) * 1000;
}
