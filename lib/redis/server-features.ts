import type { RedisClient } from './client.js';
import { send } from './send.js';

/**
 * Which of these commands the server does not know; undefined where it does not say, as it may be forbidden to ask. In a
 * Cluster one node speaks for all.
 */
export async function missingCommands(
  client: RedisClient,
  names: readonly string[],
): Promise<string[] | undefined> {
  try {
    const infos = (await send(client, 'COMMAND INFO', [], names)) as unknown[];
    return names.filter((_name, index) => infos[index] === null || infos[index] === undefined);
  } catch (error) {
    if (/^NOPERM|unknown command/.test((error as Error).message)) return undefined;
    throw error;
  }
}

/** How the server calls itself, for an error message: `Redis 7.0.15`, `Valkey 9.1.2`. */
export async function serverVersion(client: RedisClient): Promise<string> {
  const info = String(await send(client, 'INFO', [], ['server']));
  const valkey = /valkey_version:(\S+)/.exec(info)?.[1];
  return valkey === undefined
    ? `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? 'of unknown version'}`
    : `Valkey ${valkey}`;
}
