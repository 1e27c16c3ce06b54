import { checkedOptions, type AnyTable, type Resolved } from '../options/option-table.js';
import { checkKeyPart } from './arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from './connection/client.js';
import { NeededCommands } from './connection/needed-commands.js';

/** What a structure in Redis begins with. */
interface Structure {
  /** What it is, for the reader of an error: `Rollup "views"`. */
  readonly owner: string;
  readonly client: RedisLike;
  readonly prefix: string;
  /** Asks for commands without which it cannot work. */
  readonly needs: (commands: readonly string[]) => NeededCommands;
}

/**
 * Checks the name and the options of a structure, and finds its connection.
 *
 * @throws TypeError or RangeError that lists what is wrong.
 */
export function structureOf<Options extends { prefix?: string | undefined }, const Table extends AnyTable>(
  kind: string,
  redis: RedisLike | RedisConnection,
  name: string,
  table: Table,
  options: Options,
): Structure & Omit<Resolved<Options, Table>, 'prefix'> {
  checkKeyPart('name', name);
  const owner = `${kind} "${name}"`;
  const resolved = checkedOptions(owner, table, options);
  const { client, prefix } = connectionOf(redis, options.prefix);
  const needs = (commands: readonly string[]) =>
    new NeededCommands(client, owner, commands, `${prefix}:{${name}}:probe`);
  return { ...resolved, owner, client, prefix, needs };
}
