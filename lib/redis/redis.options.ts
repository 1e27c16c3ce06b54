import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import type { KnownOptions } from '../options/known-options.js';
import { nestModule } from '../options/nest-module.js';
import { checkKeyPart } from './arguments.js';
import { clientProblems, isClient, type RedisLike } from './client.js';
import { describeValue } from '../recruiter/describe-value.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';
import { fleetOptionProblems, type FleetOptions } from './fleet/fleet.options.js';

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
   * Whether this application is part of a fleet that {@link FleetService} sees and steers: all applications that share a
   * Redis and a prefix. It costs a small write every few seconds, a look at one field every 800 ms, and a connection on
   * which changes are heard. `false`: it is neither seen nor steered by others. @default \{\}
   */
  fleet?: false | FleetOptions | undefined;
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

const KNOWN = new Set(
  Object.keys({
    client: true,
    url: true,
    factory: true,
    prefix: true,
    commandTimeout: true,
    fleet: true,
  } satisfies KnownOptions<WorkStealingRedisOptions>),
);

/** Everything that is wrong with the options, one sentence each. */
export function redisOptionProblems(options: WorkStealingRedisOptions): string[] {
  if (typeof options !== 'object' || options === null) {
    return [`options are ${describeValue(options)}; expected an object with client, url or factory`];
  }
  const { client, url, factory, prefix, commandTimeout, fleet } = options;
  const given = Object.entries({ client, url, factory }).filter(([, value]) => value !== undefined);
  const problems = unknownOptionProblems(options, KNOWN);
  if (given.length !== 1) {
    const found =
      given.length === 0 ? 'none is given' : `${given.map(([key]) => key).join(' and ')} are given`;
    problems.push(`one of client, url and factory is needed; ${found}`);
  }
  if (client !== undefined && !isClient(client)) {
    problems.push(`client is ${describeValue(client)}; expected a client of ioredis`);
  }
  if (isClient(client)) problems.push(...clientProblems(client));
  if (commandTimeout !== undefined && !isTimeout(commandTimeout)) {
    problems.push(
      `commandTimeout is ${describeValue(commandTimeout)}; expected milliseconds from 1 to ${LONGEST_TIMEOUT}`,
    );
  }
  if (url !== undefined && !isRedisUrl(url)) {
    problems.push(`url is ${describeValue(url)}; expected a URL such as redis://127.0.0.1:6379`);
  }
  if (factory !== undefined && typeof factory !== 'function') {
    problems.push(
      `factory is ${describeValue(factory)}; expected a function that returns a client of ioredis`,
    );
  }
  problems.push(...fleetOptionProblems(fleet));
  return prefix === undefined ? problems : [...problems, ...prefixProblems(prefix)];
}

const LONGEST_TIMEOUT = 600_000;

function isTimeout(value: unknown): boolean {
  return typeof value === 'number' && value >= 1 && value <= LONGEST_TIMEOUT;
}

function isRedisUrl(url: unknown): boolean {
  return typeof url === 'string' && /^(rediss?|valkeys?):\/\/./.test(url) && URL.canParse(url);
}

function prefixProblems(prefix: unknown): string[] {
  try {
    checkKeyPart('prefix', prefix);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}
