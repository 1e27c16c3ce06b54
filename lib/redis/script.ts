import type { RedisClient } from './client.js';
import { LUA } from './scripts.generated.js';

type ScriptName = keyof typeof LUA;
type Argument = string | number | Buffer;
type Command = (...args: (Argument | readonly Argument[])[]) => Promise<unknown>;

const defined = new WeakMap<RedisClient, Set<ScriptName>>();

/**
 * Runs one of our Lua scripts: one round trip, by its hash. ioredis sends the text when the server does not know it,
 * at the first call and after a SCRIPT FLUSH.
 */
export function runScript(
  client: RedisClient,
  name: ScriptName,
  keys: readonly (string | Buffer)[],
  args: readonly Argument[] = [],
): Promise<unknown> {
  const command = commandOf(name);
  define(client, name, command);
  // A number of keys that is not fixed goes before them.
  return (client as unknown as Record<string, Command>)[command]!(keys.length, ...keys, ...args);
}

function define(client: RedisClient, name: ScriptName, command: string): void {
  let names = defined.get(client);
  if (names === undefined) defined.set(client, (names = new Set()));
  if (names.has(name)) return;
  client.defineCommand(command, { lua: LUA[name] });
  names.add(name);
}

/** No method of a client, and none that a user would define. */
function commandOf(name: ScriptName): string {
  return `work-stealing:${name}`;
}
