import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { WorkStealingConfigError } from 'nestjs-work-stealing';
import * as cache from 'nestjs-work-stealing/cache';
import * as redis from 'nestjs-work-stealing/redis';
import { everyStructure, slice } from '../support/every-structure.js';
import { CLIENT_COMMANDS, permissionTable, PERMISSIONS, ruleOf } from '../support/redis-permissions.js';
import { describeOnRelease, patient, useRedis } from '../support/redis.js';

const uses = everyStructure({ redis, cache });

/** What each use needs, as the documentation lists it. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  leases: ['leases'],
  paces: ['paces'],
  fleet: ['fleet view'],
  cache: ['EarlyRefreshCache'],
  'volatile hashes': ['VolatileHashes, which reaps'],
  'volatile hashes without the server': ['VolatileHashes, which reaps'],
  'volatile set': ['VolatileSet'],
  rollup: ['Rollup'],
  'queue tracker': ['QueueTracker'],
  'cursor job': ['CursorJob'],
  'keyspace sweep': [
    'CursorJob',
    'KeyspaceSweep, besides a CursorJob',
    'KeyspaceSweep: giveTtl, unlink, rewrite',
  ],
  'stream reaper': ['StreamReaper'],
};

/** Commands that the check at bootstrap cannot try without an effect; and GETEX, without which only a full server is. */
const UNTRIED = new Set(['EVALSHA', 'GETEX', 'RPUSH']);

const clients: Redis[] = [];
let users = 0;
beforeAll(() => Logger.overrideLogger(false));
afterEach(() => clients.splice(0).forEach((client) => client.disconnect()));

function connect(options: object): Redis {
  const client = patient(new Redis(options));
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

async function userWho(port: number, rules: readonly string[]): Promise<{ client: Redis; plain: Redis }> {
  const plain = connect({ port });
  const username = `user-${users++}`;
  await plain.acl('SETUSER', username, 'reset', 'on', '>pw', '~*', '&*', ...rules);
  return { plain, client: connect({ port, username, password: 'pw' }) };
}

function rulesFor(name: string, without?: string): string[] {
  const commands = NEEDED[name]!.flatMap((each) => PERMISSIONS[each]!);
  return [...CLIENT_COMMANDS, ...commands].filter((each) => each !== without).map(ruleOf);
}

function placeOf(client: Redis, plain: Redis) {
  return { client, plain, keyPrefix: '', prefix: `acl-${users}` };
}

/** Errors say what is wrong by themselves, and maybe one that is inside them. */
function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

it('The documentation lists what each structure needs', () => {
  const docs = readFileSync(new URL('../../docs/redis/permissions.md', import.meta.url), 'utf8');
  const rows = docs.split('\n').map((line) => line.replaceAll(/ +\|/g, ' |'));
  expect(rows).toEqual(expect.arrayContaining(permissionTable()));
});

describe('A user who may run nothing but what is listed', () => {
  const server = useRedis();

  it.each(Object.keys(NEEDED))('can use: %s', async (name) => {
    const { client, plain } = await userWho(server.port, ['-@all', ...rulesFor(name)]);
    await expect(uses[name]!(placeOf(client, plain))).resolves.toBeUndefined();
  });

  const each = Object.keys(NEEDED).flatMap((name) =>
    [...new Set(NEEDED[name]!.flatMap((of) => PERMISSIONS[of]!))]
      .filter((command) => !UNTRIED.has(command))
      .filter((command) => !CLIENT_COMMANDS.includes(command))
      .map((command) => [name, command] as const),
  );
  const atBootstrap = each.filter(
    ([name, command]) =>
      !['leases', 'paces', 'fleet', 'cache'].includes(name) &&
      !(
        name === 'keyspace sweep' && PERMISSIONS['KeyspaceSweep: giveTtl, unlink, rewrite']!.includes(command)
      ),
  );

  it.each(atBootstrap)('hears at bootstrap, for the use of %s, that %s is lacking', async (name, command) => {
    const { client, plain } = await userWho(server.port, ['-@all', ...rulesFor(name, command)]);
    const error = await uses[name]!(placeOf(client, plain)).catch((thrown: unknown) => thrown);
    expect(textOf(error)).toMatch(new RegExp(`WorkStealingConfigError: .*\\b${command}\\b`));
    expect(textOf(error)).toContain(ruleOf(command));
  });

  const atFirst = each.filter(
    ([name, command]) =>
      ['leases', 'paces'].includes(name) ||
      (name === 'keyspace sweep' &&
        PERMISSIONS['KeyspaceSweep: giveTtl, unlink, rewrite']!.includes(command) &&
        !PERMISSIONS.CursorJob!.includes(command)),
  );
  it.each(atFirst)('hears at the first use of %s that %s is lacking', async (name, command) => {
    const { client, plain } = await userWho(server.port, ['-@all', ...rulesFor(name, command)]);
    const error = await uses[name]!(placeOf(client, plain)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkStealingConfigError);
    expect(textOf(error)).toContain(`ACL SETUSER <user> ${ruleOf(command)}`);
  });
});

const HOUR = 3_600_000;

/** What a script writes in several steps, and what holds when one of them is refused. */
interface Steps {
  readonly script: string;
  readonly lacking: readonly string[];
  act(client: Redis): Promise<unknown>;
  fill?(plain: Redis): Promise<unknown>;
  /** What must be so afterwards. */
  holds(plain: Redis): Promise<unknown>;
}

const at = Date.now();
const rollup = (client: Redis) => new redis.Rollup(client, 'steps', { partitions: 1 });
const films = (client: Redis) => new cache.EarlyRefreshCache(client, 'steps', { patience: 20_000 });
const set = (client: Redis) => new redis.VolatileSet(client, 'steps');
const hashes = (client: Redis) =>
  new redis.VolatileHashes(client, 'steps', { backend: 'stolen', partitions: 1 });
class Fails extends redis.CursorJob<string> {
  constructor(client: Redis) {
    super(client, 'steps', { attempts: 1, batch: 1, retryDelay: 0 });
  }
  protected fetch() {
    return { items: ['a'] };
  }
  protected process() {
    throw new Error('no');
  }
}
const reaper = (client: Redis) =>
  new redis.StreamReaper(client, 'steps', {
    group: 'g',
    idle: 1,
    maxDeliveries: 2,
    handler: () => Promise.reject(new Error('no')),
  });
async function pendingTwice(plain: Redis) {
  await plain.xgroup('CREATE', 'steps', 'g', '0', 'MKSTREAM');
  for (const name of ['a', 'b']) await plain.xadd('steps', '*', 'k', name);
  await plain.xreadgroup('GROUP', 'g', 'pod', 'STREAMS', 'steps', '>');
  for (let turn = 0; turn < 2; turn++) {
    const ids = (await plain.xpending('steps', 'g', '-', '+', 10)) as [string][];
    await plain.xclaim('steps', 'g', 'pod', 0, ids[turn % 1]![0], 'JUSTID', 'RETRYCOUNT', 2);
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
}
/** Slices without the check at bootstrap, which would refuse. */
async function slices(job: { recruited(of: ReturnType<typeof slice>): Promise<unknown> }) {
  for (let turn = 0; turn < 5; turn++) await job.recruited(slice()).catch(() => undefined);
}

const STEPS: readonly Steps[] = [
  {
    script: 'rollup-fold',
    lacking: ['PEXPIREAT', 'HDEL', 'ZINCRBY', 'ZCARD', 'HRANDFIELD', 'TIME'],
    fill: (plain) => rollup(plain).add('film', 3, at),
    act: (client) => slices(rollup(client)),
    holds: async (plain) => expect(await rollup(plain).total('film', at, at + 1)).toBe(3),
  },
  {
    script: 'volatile-hashes-set',
    lacking: ['ZADD', 'ZRANGE', 'ZCARD', 'HSET'],
    act: (client) =>
      hashes(client)
        .set('h', 'f', 'v', { ttl: HOUR })
        .catch(() => undefined),
    holds: async (plain) => expect(await hashes(plain).get('h', 'f')).toBeNull(),
  },
  {
    script: 'volatile-set-add',
    lacking: ['ZADD', 'ZMSCORE'],
    act: (client) =>
      set(client)
        .add('a', { ttl: HOUR })
        .catch(() => undefined),
    holds: async (plain) => expect(await set(plain).size()).toBe(0),
  },
  {
    script: 'cache-store',
    lacking: ['PEXPIREAT', 'HSET'],
    act: (client) => films(client).set('k', 1, { ttl: HOUR }),
    holds: async (plain) => expect(await plain.keys('*steps*')).toEqual([]),
  },
  {
    script: 'cursor-job-move',
    lacking: ['RPUSH'],
    act: (client) => slices(new Fails(client)),
    holds: async (plain) => expect((await new Fails(plain).progress()).done).toBe(0),
  },
  {
    script: 'stream-reaper-claim',
    lacking: ['XACK', 'XADD', 'XCLAIM'],
    fill: pendingTwice,
    act: (client) => slices(reaper(client)),
    holds: async (plain) => {
      expect(await plain.xlen('steps:dead')).toBe(0);
      const pending = (await plain.xpending('steps', 'g', '-', '+', 10)) as [
        string,
        string,
        number,
        number,
      ][];
      expect(pending).toHaveLength(2);
      expect(pending[1]![3]).toBe(1);
    },
  },
];

describe('What is refused in the middle of a script leaves things as they were:', () => {
  const server = useRedis();
  const each = STEPS.flatMap((steps) =>
    steps.lacking.map((command) => [steps.script, command, steps] as const),
  );

  it.each(each)('%s without %s', async (_script, command, { fill, act, holds }) => {
    const { client, plain } = await userWho(server.port, ['+@all', `-${command.toLowerCase()}`]);
    await plain.flushall();
    await fill?.(plain);
    await act(client);
    await expect(holds(plain)).resolves.toBeUndefined();
  });
});

await describeOnRelease('redis-8', 'On a server that expires fields by itself', (server) => {
  it('a user who may run nothing but what is listed can use VolatileHashes', async () => {
    const listed = PERMISSIONS['VolatileHashes, where the server expires']!;
    const { client, plain } = await userWho(server.port, [
      '-@all',
      ...[...CLIENT_COMMANDS, ...listed].map(ruleOf),
    ]);
    await expect(uses['volatile hashes']!(placeOf(client, plain))).resolves.toBeUndefined();
  });

  it('a field that could not be given its time to live is not set', async () => {
    const { client, plain } = await userWho(server.port, ['+@all', '-hpexpire']);
    const native = (of: Redis) => new redis.VolatileHashes(of, 'native', { backend: 'auto' });
    await plain.flushall();
    const error = await native(client)
      .set('h', 'f', 'v', { ttl: HOUR })
      .catch((thrown: unknown) => thrown);
    // A user who may not use it is served without it.
    expect(error).toBeUndefined();
    expect(await native(client).ttl('h', 'f')).toBeGreaterThan(0);
  });
});
