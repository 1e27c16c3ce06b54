import { isCluster, type RedisLike } from '../connection/client.js';

/** Listens for new revisions on its own connection: a connection that subscribes can send no other commands. */
export class ChangeSubscriber {
  #connection: RedisLike | undefined;

  constructor(
    private readonly client: RedisLike,
    private readonly channel: string,
    /** Also called after each reconnect, since messages may have been missed. */
    private readonly onChange: () => void,
  ) {}

  start(): void {
    const connection = this.#connect();
    this.#connection = connection;
    // The connection for commands reports the errors of Redis.
    connection.on('error', () => undefined);
    connection.on('message', (channel) => {
      if (channel === this.channel) this.onChange();
    });
    connection.on('ready', () => void this.#subscribe(connection));
    if (connection.status === 'ready') void this.#subscribe(connection);
    if (connection.status === 'wait') connection.connect().catch(() => undefined);
  }

  stop(): void {
    this.#connection?.disconnect();
  }

  /** Without automatic resubscription, which would end the process where the user has lost the right to subscribe. */
  #connect(): RedisLike {
    const connection = isCluster(this.client)
      ? this.client.duplicate()
      : this.client.duplicate({ autoResubscribe: false });
    return connection as RedisLike;
  }

  async #subscribe(connection: RedisLike): Promise<void> {
    try {
      await connection.subscribe(this.channel);
      this.onChange();
    } catch {
      // The poller sees each change all the same, a little later.
    }
  }
}
