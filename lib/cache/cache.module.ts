import { Module, type ConfigurableModuleAsyncOptions, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { injectedRecruiter } from '../enlist/injected-recruiter.js';
import { refuse, WorkStealingConfigError } from '../options/errors.js';
import { Recruiter } from '../recruiter/recruiter.js';
import { nestModule } from '../nest/nest-module.js';
import { anything } from '../options/option.js';
import { omitUndefined, problemsOf, type OptionTable } from '../options/option-table.js';
import type { RedisLike, RedisConnection } from '../redis/connection/client.js';
import { WorkStealingRedis } from '../redis/connection/work-stealing-redis.js';
import { CACHE_OPTIONS, type EarlyRefreshCacheOptions } from './cache.options.js';
import { CacheAttacher } from './cache-attacher.js';
import { EarlyRefreshCache } from './early-refresh-cache.js';

/** Options of {@link WorkStealingCacheModule}. */
export interface WorkStealingCacheOptions extends EarlyRefreshCacheOptions {
  /** A client of ioredis or iovalkey, or a connection. The module never closes it. @default the connection of WorkStealingRedisModule */
  redis?: RedisLike | RedisConnection | undefined;
  /** Name of the cache, part of its keys: not blank, without braces, at most 512 characters. @default cache */
  name?: string | undefined;
}

/** Interface of a class passed as `useClass` or `useExisting`. */
export interface WorkStealingCacheOptionsFactory {
  /** Returns the options. Called once, at bootstrap. */
  createWorkStealingCacheOptions(): WorkStealingCacheOptions | Promise<WorkStealingCacheOptions>;
}

const { Base, token } = nestModule<WorkStealingCacheOptions, 'WorkStealingCache'>('WorkStealingCache');

/** Injection token of the options of `WorkStealingCacheModule`. */
export const WORK_STEALING_CACHE_OPTIONS: string | symbol = token;

/** Options from a factory, a class or an existing provider, for `forRootAsync`. */
export type WorkStealingCacheAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingCacheOptions,
  'createWorkStealingCacheOptions'
>;

/** Provides one {@link EarlyRefreshCache} to the whole application; its hits enlist with the default recruiter. */
@Module({})
export class WorkStealingCacheModule extends Base {
  /** Imports the module with options. Invalid ones stop the bootstrap with a {@link WorkStealingConfigError} that lists all problems. */
  static override forRoot(options: WorkStealingCacheOptions = {}): DynamicModule {
    return provided(super.forRoot(options));
  }

  /** Imports the module with options from a factory, a class or an existing provider. */
  static override forRootAsync(options: WorkStealingCacheAsyncOptions): DynamicModule {
    return provided(super.forRootAsync(options));
  }
}

function provided(definition: DynamicModule): DynamicModule {
  return {
    ...definition,
    global: true,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [
      ...(definition.providers ?? []),
      {
        provide: EarlyRefreshCache,
        inject: [token, { token: WorkStealingRedis, optional: true }, { token: Recruiter, optional: true }],
        useFactory: makeCache,
      },
      CacheAttacher,
    ],
    exports: [EarlyRefreshCache],
  };
}

const MODULE_OPTIONS = {
  redis: anything,
  name: { ...anything, fallback: 'cache' },
  ...CACHE_OPTIONS,
} satisfies OptionTable<WorkStealingCacheOptions>;

function makeCache(
  moduleOptions: WorkStealingCacheOptions,
  defaultConnection?: WorkStealingRedis,
  injected?: unknown,
): EarlyRefreshCache {
  refuse('WorkStealingCacheModule', problemsOf(MODULE_OPTIONS, moduleOptions));
  const { redis, name = MODULE_OPTIONS.name.fallback, ...options } = moduleOptions;
  const connection = redis ?? defaultConnection;
  if (connection === undefined) {
    throw new WorkStealingConfigError(
      'WorkStealingCacheModule has no Redis: import WorkStealingRedisModule of "nestjs-work-stealing/redis", or set ' +
        'the option redis to a client of ioredis',
    );
  }
  const recruiter = injectedRecruiter(injected);
  try {
    return new EarlyRefreshCache(connection, name, { recruiter, ...omitUndefined(options) });
  } catch (error) {
    if (error instanceof WorkStealingConfigError) throw error;
    throw new WorkStealingConfigError(`WorkStealingCacheModule: ${(error as Error).message}`);
  }
}
