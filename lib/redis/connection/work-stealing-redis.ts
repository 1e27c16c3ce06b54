import { Inject } from '@nestjs/common';
import { Log } from '../../logging/log.js';
import { within } from '../../time/within.js';
import type { RedisClient, RedisLike, RedisConnection } from './client.js';

/** Maximum wait for a connection to close. */
const CLOSE_PATIENCE_MS = 1000;
/** Maximum kinds of failures that are logged until Redis is reached again. */
const MAX_KINDS = 20;

/** The connection that `WorkStealingRedisModule` provides; pass it to the structures of this package. */
export class WorkStealingRedis implements RedisConnection {
  /** The client that sends all commands: a client of ioredis, or the client that was passed to the module. */
  readonly client: RedisClient;
  readonly #log = new Log('WorkStealingRedis');
  /** Kinds of failures that were logged since Redis was last reached. */
  readonly #logged = new Set<string>();

  constructor(
    client: RedisLike,
    /** Prefix of all keys. */
    readonly prefix: string,
    private readonly isOwn: boolean,
  ) {
    this.client = client as RedisClient;
    client.on('error', this.#failed);
    client.on('ready', this.#reached);
  }

  /**
   * Whether the log already has an error of this connection since Redis was last reached.
   *
   * @internal
   */
  get isKnownToFail(): boolean {
    return this.#logged.size > 0;
  }

  /** Closes the client if the module has created it, and waits for at most a second until it is closed. Never rejects. */
  async close(): Promise<void> {
    if (!this.isOwn) {
      this.client.off('error', this.#failed);
      this.client.off('ready', this.#reached);
      return;
    }
    if (this.client.status === 'end') return;
    if (this.client.status === 'reconnecting') {
      // Between two attempts there is no connection to close, and ioredis emits no event.
      this.client.disconnect();
      return;
    }
    // Not events.once(), which rejects when the connection fails while it is being closed.
    const ended = new Promise<void>((resolve) => void this.client.once('end', () => resolve()));
    this.client.disconnect();
    await within(ended, CLOSE_PATIENCE_MS).catch(() => undefined);
  }

  /** Logs one line for each kind of failure: the client retries twice a second. */
  readonly #failed = (cause: unknown): void => {
    const error = cause as Error;
    const kind = kindOf(error);
    if (this.#logged.has(kind) || this.#logged.size >= MAX_KINDS) return;
    this.#logged.add(kind);
    this.#log.error(
      `The connection to Redis fails; it is retried until it works, and this is logged once: ${error.message}`,
    );
  };

  readonly #reached = (): void => {
    if (this.#logged.size > 0) this.#log.info('Redis can be reached again.');
    this.#logged.clear();
  };
}

/** The code of an error, such as `ECONNREFUSED` or `WRONGPASS`: the rest of its message may differ each time. */
function kindOf({ code, message }: Error & { readonly code?: unknown }): string {
  return typeof code === 'string' ? code : (/^\S{0,40}/.exec(String(message))?.[0] ?? '');
}

/** Injects the {@link WorkStealingRedis} of the application, as does the type of a constructor parameter. */
export function InjectWorkStealingRedis(): ParameterDecorator & PropertyDecorator {
  return Inject(WorkStealingRedis);
}
