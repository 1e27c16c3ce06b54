import type { Command as IoredisCommand } from 'ioredis';
import { isCluster, type RedisClient } from './client.js';
import { LUA } from './scripts.generated.js';

/** What a script is handed besides its keys. */
export type ScriptArgument = string | number | Buffer;
/** Runs one of a set of scripts. */
export type ScriptRunner<Name extends string> = (
  client: RedisClient,
  name: Name,
  keys: readonly (string | Buffer)[],
  args?: readonly ScriptArgument[],
) => Promise<unknown>;
type ScriptCommand = (...args: (ScriptArgument | readonly ScriptArgument[])[]) => Promise<unknown>;

const defined = new WeakMap<RedisClient, Set<string>>();

/**
 * Runs one of our Lua scripts: one round trip, by its hash. ioredis sends the text when the server does not know it,
 * at the first call and after a SCRIPT FLUSH.
 */
export const runScript: ScriptRunner<keyof typeof LUA> = scriptRunner(LUA);

/**
 * Makes the runner of a set of scripts.
 *
 * @param lua - their texts by name; no two sets have a name in common.
 * @param replies - `bytes`: what they answer comes as Buffers.
 */
export function scriptRunner<Name extends string>(
  lua: Readonly<Record<Name, string>>,
  replies: 'text' | 'bytes' = 'text',
): ScriptRunner<Name> {
  const ending = replies === 'bytes' ? 'Buffer' : '';
  return (client, name, keys, args = []) => {
    // No method of a client, and none that a user would define.
    const command = `work-stealing:${name}`;
    define(client, command, lua[name]);
    const send = (client as unknown as Record<string, ScriptCommand>)[`${command}${ending}`]!;
    // A number of keys that is not fixed goes before them.
    return Reflect.apply(send, senderOf(client), [keys.length, ...keys, ...args]);
  };
}

/**
 * Where a script is sent through. Automatic pipelining of a Cluster takes the first argument of a script for its key,
 * which is their number, and refuses what it has put together then: there it is passed by.
 */
function senderOf(client: RedisClient): object {
  if (!isCluster(client) || client.options.enableAutoPipelining !== true) return client;
  return {
    options: { enableAutoPipelining: false },
    sendCommand: (command: IoredisCommand) => client.sendCommand(command),
  };
}

function define(client: RedisClient, command: string, lua: string): void {
  let commands = defined.get(client);
  if (commands === undefined) defined.set(client, (commands = new Set()));
  if (commands.has(command)) return;
  client.defineCommand(command, { lua });
  commands.add(command);
}
