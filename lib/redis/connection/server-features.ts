import type { RedisLike } from './client.js';
import { refusalOf } from '../lua/refusals.js';
import { runScript } from '../lua/script.js';
import { send } from '../lua/send.js';

/** Commands that cannot be used. */
export interface Unusable {
  /** Commands that are unknown to the server. */
  readonly unknown: readonly string[];
  /** Commands that the user of the connection may not run. */
  readonly forbidden: readonly string[];
}

/** Errors of a server that will reply later. Any other error means that the server does not support the check. */
const NOT_YET = /^(LOADING|NOAUTH|MASTERDOWN|CLUSTERDOWN) /;

/**
 * Returns which of these commands cannot be used, by trying them without effect: COMMAND does not show permissions, and some
 * services forbid it. In a Cluster one node is checked.
 *
 * @param key - a key that does not exist, and that the user of the connection should be allowed to use.
 * @returns undefined if the server does not support the check.
 * @throws WorkStealingConfigError when no script may be run, or the server has no EVAL.
 */
export async function unusableCommands(
  client: RedisLike,
  names: readonly string[],
  key: string,
): Promise<Unusable | undefined> {
  let failed: readonly string[];
  try {
    failed = (await runScript(client, 'probe', [key], names)) as string[];
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'ReplyError' || NOT_YET.test(message)) throw error;
    return undefined;
  }
  const unknown: string[] = [];
  const forbidden: string[] = [];
  for (let index = 0; index + 1 < failed.length; index += 2) {
    const [name, message] = [failed[index]!, failed[index + 1]!];
    if (/\bunknown\b.*\bcommand\b/i.test(message)) unknown.push(name);
    else if (refusalOf(message) !== undefined) forbidden.push(name);
  }
  return { unknown, forbidden };
}

/** Name and version of the server, for an error message: `Redis 7.0.15`, `Valkey 9.1.2`. */
export async function serverVersion(client: RedisLike): Promise<string> {
  let info: string;
  try {
    info = String(await send(client, 'INFO', [], ['server']));
  } catch {
    return 'of unknown version';
  }
  const valkey = /valkey_version:(\S+)/.exec(info)?.[1];
  return valkey === undefined
    ? `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? 'of unknown version'}`
    : `Valkey ${valkey}`;
}
