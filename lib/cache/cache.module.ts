import { Module, type ConfigurableModuleAsyncOptions, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { injectedRecruiter } from '../enlist/injected-recruiter.js';
import { WorkStealingConfigError } from '../options/errors.js';
import { Recruiter } from '../recruiter/recruiter.js';
import { nestModule } from '../nest/nest-module.js';
import { anything } from '../options/option.js';
import { problemsOf, type OptionTable } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { given } from '../options/given.js';
import type { RedisLike, RedisConnection } from '../redis/connection/client.js';
import { WorkStealingRedis } from '../redis/connection/work-stealing-redis.js';
import { CACHE_OPTIONS, type EarlyRefreshCacheOptions } from './cache.options.js';
import { CacheAttacher } from './cache-attacher.js';
import { EarlyRefreshCache } from './early-refresh-cache.js';

/** Options of {@link WorkStealingCacheModule}. */
export interface WorkStealingCacheOptions extends EarlyRefreshCacheOptions {
  /** A client of ioredis of yours, or a connection. It is not closed. @default what WorkStealingRedisModule provides */
  redis?: RedisLike | RedisConnection | undefined;
  /** The name of the cache: not blank, without braces. @default cache */
  name?: string | undefined;
}

/** What a class given as `useClass` or `useExisting` has to bring. */
export interface WorkStealingCacheOptionsFactory {
  /** Called once, at bootstrap. */
  createWorkStealingCacheOptions(): WorkStealingCacheOptions | Promise<WorkStealingCacheOptions>;
}

const { Base, token } = nestModule<WorkStealingCacheOptions, 'WorkStealingCache'>('WorkStealingCache');

/** The token of the options of `WorkStealingCacheModule`. */
export const WORK_STEALING_CACHE_OPTIONS: string | symbol = token;

/** Options that are made by a factory, a class or an existing provider. */
export type WorkStealingCacheAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingCacheOptions,
  'createWorkStealingCacheOptions'
>;

/** Provides one {@link EarlyRefreshCache} to the whole application; its hits enlist with the default recruiter. */
@Module({})
export class WorkStealingCacheModule extends Base {
  /** Wrong options stop the bootstrap with a {@link WorkStealingConfigError} that lists all that is wrong. */
  static override forRoot(options: WorkStealingCacheOptions = {}): DynamicModule {
    return provided(super.forRoot(options));
  }

  /** The same with options from a factory, a class or an existing provider. */
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
  applications?: WorkStealingRedis,
  injected?: unknown,
): EarlyRefreshCache {
  refuse('WorkStealingCacheModule', problemsOf(MODULE_OPTIONS, moduleOptions));
  const { redis, name = MODULE_OPTIONS.name.fallback, ...options } = moduleOptions;
  const connection = redis ?? applications;
  if (connection === undefined) {
    throw new WorkStealingConfigError(
      'WorkStealingCacheModule has no Redis: import WorkStealingRedisModule of "nestjs-work-stealing/redis", or give ' +
        'it a client of ioredis as the option redis',
    );
  }
  const recruiter = injectedRecruiter(injected);
  try {
    return new EarlyRefreshCache(connection, name, { recruiter, ...given(options) });
  } catch (error) {
    if (error instanceof WorkStealingConfigError) throw error;
    throw new WorkStealingConfigError(`WorkStealingCacheModule: ${(error as Error).message}`);
  }
}
