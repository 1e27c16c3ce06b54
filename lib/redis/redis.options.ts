import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import { callback, option, range, text } from '../options/option.js';
import { problemsOf, type OptionTable } from '../options/option-table.js';
import { COORDINATOR_PARTS, type CoordinatorPart } from '../recruiter/coordination/coordinator.js';
import { KEY_PART } from './arguments.js';
import { clientProblems, DEFAULT_PREFIX, isClient, type RedisLike } from './connection/client.js';
import { FLEET, type FleetOptions } from './fleet/fleet.options.js';

/** Where `WorkStealingRedisModule` finds Redis: one of `client`, `url` and `factory`. */
export interface WorkStealingRedisOptions {
  /** A client of yours. The module does not close it. */
  client?: RedisLike | undefined;
  /** A URL such as `redis://127.0.0.1:6379`: the module makes a client that fails fast, and closes it. */
  url?: string | undefined;
  /** Makes a client; the module closes it. */
  factory?: (() => RedisLike | Promise<RedisLike>) | undefined;
  /** What all keys begin with: not blank, without braces. @default work-stealing */
  prefix?: string | undefined;
  /**
   * How long a call waits for the answer of Redis: ms, 1 to 600,000. A slice waits for as long as its budget lasts, and no
   * longer. @default the client's own `commandTimeout`, or 2000
   */
  commandTimeout?: number | undefined;
  /**
   * Whether this application is part of a fleet that `FleetService` sees and steers: all applications that share a
   * Redis and a prefix. It costs a small write every few seconds, a look at one field every 800 ms, and a connection on
   * which changes are heard. `false`: it is neither seen nor steered by others. @default \{\}
   */
  fleet?: false | FleetOptions | undefined;
  /**
   * What this Redis coordinates for the jobs of the fleet, where another coordinator does the rest: `lease`, `pace`,
   * `period` (for `every`), `fleetSize`. @default all of them
   */
  coordinate?: CoordinatorPart[] | undefined;
}

/** What a class given as `useClass` or `useExisting` has to bring. */
export interface WorkStealingRedisOptionsFactory {
  /** Called once, at bootstrap. */
  createWorkStealingRedisOptions(): WorkStealingRedisOptions | Promise<WorkStealingRedisOptions>;
}

const definition = nestModule<WorkStealingRedisOptions, 'WorkStealingRedis'>('WorkStealingRedis');

export const ConfigurableRedisModule = definition.Base;

/** The token of the options of `WorkStealingRedisModule`. */
export const WORK_STEALING_REDIS_OPTIONS: string | symbol = definition.token;

/** Options that are made by a factory, a class or an existing provider. */
export type WorkStealingRedisAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingRedisOptions,
  'createWorkStealingRedisOptions'
>;

/** What each option may be; which of them go together is in {@link redisOptionProblems}. */
export const REDIS_OPTIONS = {
  client: option('a client of ioredis', isClient),
  url: text('a URL such as redis://127.0.0.1:6379', isRedisUrl),
  factory: callback('a function that returns a client of ioredis'),
  prefix: { ...KEY_PART, fallback: DEFAULT_PREFIX },
  commandTimeout: range(1, 600_000, undefined, 'milliseconds'),
  fleet: FLEET,
  coordinate: option(
    `an array of ${COORDINATOR_PARTS.join(', ')}`,
    (parts) =>
      Array.isArray(parts) && parts.every((part: CoordinatorPart) => COORDINATOR_PARTS.includes(part)),
    COORDINATOR_PARTS,
  ),
} satisfies OptionTable<WorkStealingRedisOptions>;

/** Everything that is wrong with the options, one sentence each. */
export function redisOptionProblems(options: WorkStealingRedisOptions): string[] {
  const { client, url, factory } = Object(options) as WorkStealingRedisOptions;
  const given = Object.entries({ client, url, factory }).filter(([, value]) => value !== undefined);
  const found = given.length === 0 ? 'none is given' : `${given.map(([key]) => key).join(' and ')} are given`;
  return [
    ...problemsOf(REDIS_OPTIONS, options),
    ...(given.length === 1 ? [] : [`one of client, url and factory is needed; ${found}`]),
    ...(isClient(client) ? clientProblems(client) : []),
  ];
}

function isRedisUrl(url: string): boolean {
  return /^(rediss?|valkeys?):\/\/./.test(url) && URL.canParse(url);
}
