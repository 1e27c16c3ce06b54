import type { RedisClient } from './client.js';

/** Whether the server knows a command. In a Cluster one node speaks for all. */
export async function hasCommand(client: RedisClient, name: string): Promise<boolean> {
  const [info] = (await client.call('COMMAND', 'INFO', name)) as [unknown];
  return info !== null && info !== undefined;
}

/** How the server calls itself, for an error message: `Redis 7.0.15`, `Valkey 9.1.2`. */
export async function serverVersion(client: RedisClient): Promise<string> {
  const info = String(await client.call('INFO', 'server'));
  const valkey = /valkey_version:(\S+)/.exec(info)?.[1];
  return valkey === undefined
    ? `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? 'of unknown version'}`
    : `Valkey ${valkey}`;
}
