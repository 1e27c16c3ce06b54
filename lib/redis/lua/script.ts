import { createHash } from 'node:crypto';
import type { RedisLike } from '../connection/client.js';
import { explainedRefusal } from './refusals.js';
import { LUA } from './scripts.generated.js';
import { dispatch, inTime, textOf, type ClientCommand, type Text, type Wait } from './send.js';

/** An argument of a script. */
export type ScriptArgument = Text | number;
/** Runs one of a set of scripts. */
export type ScriptRunner<Name extends string> = (
  client: RedisLike,
  name: Name,
  keys: readonly Text[],
  args?: readonly ScriptArgument[],
  wait?: Wait,
) => Promise<unknown>;

/** Hashes of the scripts that were sent on each connection, so that its server has them. */
const sent = new WeakMap<object, Set<string>>();

/** Runs a Lua script of this package: one round trip, by its hash if the server has it. Pass a slice as `wait`. */
export const runScript: ScriptRunner<keyof typeof LUA> = scriptRunner(LUA);

/**
 * Creates the runner of a set of scripts.
 *
 * @param lua - source of each script by its name.
 * @param replies - with `bytes` replies have Buffers instead of strings.
 */
export function scriptRunner<Name extends string>(
  lua: Readonly<Record<Name, string>>,
  replies: 'text' | 'bytes' = 'text',
): ScriptRunner<Name> {
  const hashes = new Map<string, string>();
  const hashOf = (name: Name): string => {
    const known = hashes.get(name) ?? createHash('sha1').update(lua[name]).digest('hex');
    hashes.set(name, known);
    return known;
  };
  return async (client, name, keys, args = [], wait = {}) => {
    try {
      const reply = await inTime(client, run(client, lua[name], hashOf(name), keys, args), wait);
      return replies === 'bytes' ? reply : textOf(reply);
    } catch (error) {
      throw explainedRefusal(error, { name, text: lua[name] });
    }
  };
}

/**
 * Sends the hash of a script, or its source for the first use on a connection. So the first use is one round trip too, and
 * commands run in the order in which they are sent.
 *
 * After NOSCRIPT, which means that the server has lost the source, by SCRIPT FLUSH for example, and has run nothing, the
 * source is sent.
 */
async function run(
  client: RedisLike,
  text: string,
  hash: string,
  keys: readonly Text[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  const asHash = (command: ClientCommand): void => {
    const write = command.toWritable.bind(command);
    command.toWritable = (socket) => {
      // A command may be written to several connections in turn: in a Cluster, or after a reconnection.
      const isNew = isFirstOn(socket, hash);
      command.name = isNew ? 'EVAL' : 'EVALSHA';
      command.args[0] = isNew ? text : hash;
      return write(socket);
    };
  };
  try {
    return await dispatch(client, 'EVALSHA', keys, args, [hash, keys.length], asHash);
  } catch (error) {
    if (!String((error as Error).message).startsWith('NOSCRIPT')) throw error;
    return dispatch(client, 'EVAL', keys, args, [text, keys.length]);
  }
}

function isFirstOn(socket: object, hash: string): boolean {
  let hashes = sent.get(socket);
  if (hashes === undefined) sent.set(socket, (hashes = new Set()));
  if (hashes.has(hash)) return false;
  hashes.add(hash);
  return true;
}
