import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Logger } from '@nestjs/common';
import type { RedisClient, RedisConnection } from './client.js';

/** At most one line in this time, however often the connection fails: ms. */
const QUIET = 1000;
/** A connection that is not closed after so long is left to the process' end: ms. */
const PATIENCE = 1000;

/** The connection that `WorkStealingRedisModule` provides; hand it to the structures of this package. */
export class WorkStealingRedis implements RedisConnection {
  readonly #logger = new Logger('WorkStealingRedis');
  #loggedAt = -Infinity;

  constructor(
    /** The client that all commands go to. */
    readonly client: RedisClient,
    /** What all keys begin with. */
    readonly prefix: string,
    private readonly isOwn: boolean,
  ) {
    client.on('error', this.#log);
  }

  /** Closes the client, if the module has made it, and waits until it is closed. */
  async close(): Promise<void> {
    if (!this.isOwn) {
      this.client.off('error', this.#log);
      return;
    }
    if (this.client.status === 'end') return;
    // Not events.once(): that rejects when the connection fails while it is being closed.
    const ended = new Promise<void>((resolve) => void this.client.once('end', resolve));
    this.client.disconnect();
    await Promise.race([ended, sleep(PATIENCE, undefined, { ref: false })]);
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
