import { LUA as CACHE } from '../../lib/cache/scripts.generated.js';
import { CURSOR_JOB_COMMANDS } from '../../lib/redis/cursor-job/cursor-job.js';
import { KEYSPACE_SWEEP_COMMANDS } from '../../lib/redis/keyspace-sweep/keyspace-sweep.js';
import { QUEUE_TRACKER_COMMANDS } from '../../lib/redis/queue-tracker/queue-tracker.js';
import { ROLLUP_COMMANDS } from '../../lib/redis/rollup/rollup.js';
import { commandsOf } from '../../lib/redis/lua/script-commands.js';
import { STREAM_REAPER_COMMANDS } from '../../lib/redis/stream-reaper/stream-reaper.js';
import { NATIVE_FIELDS_COMMANDS } from '../../lib/redis/volatile-hashes/native-fields.js';
import { STOLEN_FIELDS_COMMANDS } from '../../lib/redis/volatile-hashes/stolen-fields.js';
import { VOLATILE_SET_COMMANDS } from '../../lib/redis/volatile-set/volatile-set.js';

/** What a client sends of its own accord, whatever is done with it. */
export const CLIENT_COMMANDS = ['CLIENT', 'HELLO', 'INFO', 'PING', 'SELECT'];

/** What the user of a connection has to be allowed to run, by what uses it. */
export const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  leases: commandsOf(/^lease-/),
  paces: commandsOf(/^pace-/),
  'periods of every': commandsOf(/^period$/),
  'number of processes, with any of the three': commandsOf(/^fleet-size$/),
  'fleet view': commandsOf(/^fleet-(?!size$)/, [
    'HDEL',
    'HGET',
    'HGETALL',
    'HMGET',
    'LRANGE',
    'SUBSCRIBE',
    'ZREM',
  ]),
  EarlyRefreshCache: commandsOf(/./, [], CACHE),
  'VolatileHashes, which reaps': STOLEN_FIELDS_COMMANDS,
  'VolatileHashes, where the server expires': NATIVE_FIELDS_COMMANDS,
  VolatileSet: VOLATILE_SET_COMMANDS,
  Rollup: ROLLUP_COMMANDS,
  QueueTracker: QUEUE_TRACKER_COMMANDS,
  CursorJob: CURSOR_JOB_COMMANDS,
  'KeyspaceSweep, besides a CursorJob': KEYSPACE_SWEEP_COMMANDS,
  'KeyspaceSweep: giveTtl, unlink, rewrite': [
    ...new Set([...commandsOf(/^keyspace-/).filter((name) => !name.startsWith('EVAL')), 'MGET', 'UNLINK']),
  ].sort(),
  StreamReaper: STREAM_REAPER_COMMANDS,
};

/** The rule of ACL SETUSER that allows a command. */
export function ruleOf(command: string): string {
  return `+${command.toLowerCase().replace(' ', '|')}`;
}

/** The table of docs/redis/permissions.md. */
export function permissionTable(): string[] {
  const rows = Object.entries(PERMISSIONS).map(([name, commands]) => [
    name,
    commands.map((command) => `\`${ruleOf(command).replace('|', '\\|')}\``).join(' '),
  ]);
  return rows.map(([name, rules]) => `| ${name} | ${rules} |`);
}
