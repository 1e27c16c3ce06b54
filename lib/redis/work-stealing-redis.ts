import { Inject, Logger } from '@nestjs/common';
import type { RedisClient, RedisConnection } from './client.js';

/** At most one line in this time, however often the connection fails: ms. */
const QUIET = 1000;

/** The connection that `WorkStealingRedisModule` provides; hand it to the structures of this package. */
export class WorkStealingRedis implements RedisConnection {
  readonly #logger = new Logger('WorkStealingRedis');
  #loggedAt = -Infinity;

  constructor(
    readonly client: RedisClient,
    readonly prefix: string,
    private readonly isOwn: boolean,
  ) {
    client.on('error', this.#log);
  }

  /** Closes the client, if the module has made it. */
  close(): void {
    if (this.isOwn) this.client.disconnect();
    this.client.off('error', this.#log);
  }

  readonly #log = (error: Error): void => {
    const now = performance.now();
    if (now - this.#loggedAt < QUIET) return;
    this.#loggedAt = now;
    this.#logger.error(`The connection to Redis fails: ${error.message}`);
  };
}

/** Injects the {@link WorkStealingRedis} of the application; its class does as well. */
export function InjectWorkStealingRedis(): ParameterDecorator & PropertyDecorator {
  return Inject(WorkStealingRedis);
}
