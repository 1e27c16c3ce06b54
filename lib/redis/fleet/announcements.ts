import { isCluster, type RedisLike } from '../connection/client.js';

/** Hears of new revisions on a connection of its own: one that subscribes can send nothing else. */
export class Announcements {
  #connection: RedisLike | undefined;

  constructor(
    private readonly client: RedisLike,
    private readonly channel: string,
    /** Also called whenever the connection has come back: what was told meanwhile has been missed. */
    private readonly onChange: () => void,
  ) {}

  start(): void {
    const connection = this.#connect();
    this.#connection = connection;
    // The connection that commands go to says what is wrong with Redis.
    connection.on('error', () => undefined);
    connection.on('message', (channel) => {
      if (channel === this.channel) this.onChange();
    });
    connection.on('ready', () => void this.#subscribe(connection));
    if (connection.status === 'ready') void this.#subscribe(connection);
    if (connection.status === 'wait') connection.connect().catch(() => undefined);
  }

  /** A client that subscribes again by itself ends the process where it is no longer allowed to. */
  #connect(): RedisLike {
    const connection = isCluster(this.client)
      ? this.client.duplicate()
      : this.client.duplicate({ autoResubscribe: false });
    return connection as RedisLike;
  }

  stop(): void {
    this.#connection?.disconnect();
  }

  /** Who may not subscribe, or cannot, hears it at the next look. */
  async #subscribe(connection: RedisLike): Promise<void> {
    try {
      await connection.subscribe(this.channel);
      this.onChange();
    } catch {
      // Looks at the revision go on all the same.
    }
  }
}
