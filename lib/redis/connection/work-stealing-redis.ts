import { Inject } from '@nestjs/common';
import { Log } from '../../logging/log.js';
import { within } from '../../time/within.js';
import type { RedisClient, RedisLike, RedisConnection } from './client.js';

/** A connection that is not closed after so long is left to the process' end: ms. */
const PATIENCE = 1000;
/** Kinds of failures that are told between two times that Redis was reached. */
const MOST_KINDS = 20;

/** The connection that `WorkStealingRedisModule` provides; hand it to the structures of this package. */
export class WorkStealingRedis implements RedisConnection {
  /** The client that all commands go to; of ioredis, unless the module was handed another. */
  readonly client: RedisClient;
  readonly #log = new Log('WorkStealingRedis');
  /** What was said since Redis was last reached. */
  readonly #said = new Set<string>();

  constructor(
    client: RedisLike,
    /** What all keys begin with. */
    readonly prefix: string,
    private readonly isOwn: boolean,
  ) {
    this.client = client as RedisClient;
    client.on('error', this.#failed);
    client.on('ready', this.#reached);
  }

  /**
   * Whether the log says already that Redis cannot be reached.
   *
   * @internal
   */
  get isKnownToFail(): boolean {
    return this.#said.size > 0;
  }

  /** Closes the client, if the module has made it, and waits until it is closed. */
  async close(): Promise<void> {
    if (!this.isOwn) {
      this.client.off('error', this.#failed);
      this.client.off('ready', this.#reached);
      return;
    }
    if (this.client.status === 'end') return;
    if (this.client.status === 'reconnecting') {
      // Between two attempts there is nothing to close, and ioredis tells of no end.
      this.client.disconnect();
      return;
    }
    // Not events.once(): that rejects when the connection fails while it is being closed.
    const ended = new Promise<void>((resolve) => void this.client.once('end', () => resolve()));
    this.client.disconnect();
    await within(ended, PATIENCE).catch(() => undefined);
  }

  /** One line a kind of failure, however long it lasts: the client tries again twice a second. */
  readonly #failed = (cause: unknown): void => {
    const error = cause as Error;
    const kind = kindOf(error);
    if (this.#said.has(kind) || this.#said.size >= MOST_KINDS) return;
    this.#said.add(kind);
    this.#log.error(
      `The connection to Redis fails; it is tried again until it works, and this is said once: ${error.message}`,
    );
  };

  readonly #reached = (): void => {
    if (this.#said.size > 0) this.#log.info('Redis is reached again.');
    this.#said.clear();
  };
}

/** `ECONNREFUSED`, `WRONGPASS` and such: the rest of a message may differ each time. */
function kindOf({ code, message }: Error & { readonly code?: unknown }): string {
  return typeof code === 'string' ? code : (/^\S{0,40}/.exec(String(message))?.[0] ?? '');
}

/** Injects the {@link WorkStealingRedis} of the application; its class does as well. */
export function InjectWorkStealingRedis(): ParameterDecorator & PropertyDecorator {
  return Inject(WorkStealingRedis);
}
