import { Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { describeValue } from '../options/describe-value.js';
import { withDefaults } from '../options/option-table.js';
import { Log } from '../logging/log.js';
import { refuse, WorkStealingConfigError } from '../options/errors.js';
import { clientProblems, isClient, type RedisLike } from './connection/client.js';
import { CoordinatorInstaller } from './coordination/coordinator-installer.js';
import { openFailFastRedis } from './connection/fail-fast.js';
import { FleetInstaller } from './fleet/fleet-installer.js';
import {
  ConfigurableRedisModule,
  REDIS_OPTIONS,
  redisOptionProblems,
  WORK_STEALING_REDIS_OPTIONS,
  type WorkStealingRedisAsyncOptions,
  type WorkStealingRedisOptions,
} from './redis.options.js';
import { setPatience } from './lua/send.js';
import { readyAtBootstrap } from './connection/until-ready.js';
import { mayMixReplies } from './connection/whole-pipelines.js';
import { WorkStealingRedis } from './connection/work-stealing-redis.js';

/** Closes what the module has opened, when nobody needs it any more: after all slices have ended. */
@Injectable()
class Closer implements OnApplicationShutdown {
  constructor(private readonly redis: WorkStealingRedis) {}

  onApplicationShutdown(): Promise<void> {
    return this.redis.close();
  }
}

/** Provides {@link WorkStealingRedis} to the whole application, and coordinates its recruiters' leases and paces. */
@Module({})
export class WorkStealingRedisModule extends ConfigurableRedisModule {
  /** Wrong options stop the bootstrap with a {@link WorkStealingConfigError} that lists all that is wrong. */
  static override forRoot(options: WorkStealingRedisOptions): DynamicModule {
    return provided(super.forRoot(options));
  }

  /** The same with options from a factory, a class or an existing provider. */
  static override forRootAsync(options: WorkStealingRedisAsyncOptions): DynamicModule {
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
        provide: WorkStealingRedis,
        inject: [WORK_STEALING_REDIS_OPTIONS, DiscoveryService],
        useFactory: connect,
      },
      Closer,
      CoordinatorInstaller,
      FleetInstaller,
    ],
    exports: [WorkStealingRedis],
  };
}

/** Waits a little, so that a client that fails fast can be used while the application starts. */
async function connect(
  options: WorkStealingRedisOptions,
  discovery: DiscoveryService,
): Promise<WorkStealingRedis> {
  refuseSecond(discovery);
  const redis = await open(options);
  await readyAtBootstrap(redis.client);
  return redis;
}

/** Each is global: which of two a structure would get would hang on the order of imports. */
function refuseSecond(discovery: DiscoveryService): void {
  const count = discovery.getProviders().filter(({ token }) => token === Closer).length;
  if (count < 2) return;
  throw new WorkStealingConfigError(
    `WorkStealingRedisModule is imported ${count} times with different options, and each would provide the ` +
      'WorkStealingRedis of the whole application. Import it once, in the root module; a structure on another server ' +
      'is handed a client of its own, see docs/redis/two-servers.md',
  );
}

/** The warning of a client that {@link mayMixReplies}. */
const MIXED_REPLIES =
  'The Cluster client has the option enableOfflineQueue: false. With this version of ioredis a pipeline, also an automatic ' +
  'one, may then be sent in part when a node is lost, and later replies on the same connection go to the wrong commands. ' +
  'Create the client with createFailFastCluster(), which prevents that, or leave the option out. See docs/redis/connection.md';

async function open(options: WorkStealingRedisOptions): Promise<WorkStealingRedis> {
  refuse('WorkStealingRedisModule', redisOptionProblems(options));
  const { client, url, factory, prefix, commandTimeout } = withDefaults(REDIS_OPTIONS, options);
  const patience = commandTimeout === undefined ? {} : { commandTimeout };
  const made: RedisLike =
    client ?? (url === undefined ? await factory!() : await openFailFastRedis(url, patience));
  const stranger = `factory returned ${describeValue(made)}; expected a client of ioredis`;
  refuse('WorkStealingRedisModule', isClient(made) ? clientProblems(made) : [stranger]);
  if (mayMixReplies(made)) new Log('WorkStealingRedis').warn(MIXED_REPLIES);
  if (commandTimeout !== undefined) setPatience(made, commandTimeout);
  return new WorkStealingRedis(made, prefix, client === undefined);
}
