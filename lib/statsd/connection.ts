import { StatsD, type ClientOptions } from 'hot-shots';
import { Log } from '../logging/log.js';
import { within } from '../time/within.js';
import type { Named } from './naming.js';

/** Maximum size of a datagram that fits any path of the internet. */
const MAX_DATAGRAM_BYTES = 1432;

/** How long a shutdown waits for the last metrics, and how long a server may take to accept some. */
const TIMEOUT_MS = 1000;

/** Destination of the metrics. */
export interface Destination {
  readonly client?: StatsD | undefined;
  readonly options?: ClientOptions | undefined;
}

/**
 * Sends metrics to StatsD. While the server cannot be reached, metrics are lost without an error; the log has one line when
 * that begins and one when it ends.
 */
export class Connection {
  readonly #log = new Log('WorkStealingStatsd');
  #client: StatsD;
  /** State of the client that the module has created; undefined for a client of the application. */
  #own: { hasFailed: boolean; waitingSince: number | undefined } | undefined;
  #isDown = false;
  #isClosed = false;
  /** Failures since the previous flush. */
  #failures = 0;

  constructor(private readonly destination: Destination) {
    this.#client = destination.client ?? this.#connect();
  }

  count({ stat, tags }: Named, value: number): void {
    // Exact counts must not be sampled, even if the client samples others.
    this.#send((client, sent) => client.increment(stat, value, 1, tags, sent));
  }

  gauge({ stat, tags }: Named, value: number): void {
    this.#send((client, sent) => client.gauge(stat, value, 1, tags, sent));
  }

  timing({ stat, tags }: Named, ms: number): void {
    this.#send((client, sent) => client.timing(stat, ms, undefined, tags, sent));
  }

  /** Call it before each batch: replaces a client of the module that has failed or is stuck. */
  renew(): void {
    const own = this.#own;
    if (own === undefined || !isReplaceable(this.destination.options)) return;
    if (performance.now() - (own.waitingSince ?? Infinity) > TIMEOUT_MS) {
      this.#failed(new Error('the server does not accept the metrics'));
    }
    if (!own.hasFailed) return;
    const old = this.#client;
    this.#client = this.#connect();
    void closed(old);
  }

  /** Sends the client's buffer. Resolves when it is sent; never rejects, but may never settle. */
  async flush(): Promise<void> {
    const own = this.#own;
    if (own !== undefined) own.waitingSince ??= performance.now();
    const error = await flushed(this.#client);
    if (own !== undefined) own.waitingSince = undefined;
    if (error !== undefined) this.#failed(error, own);
    if (own === this.#own) this.#endBatch();
  }

  /** Sends the rest, and closes a client of the module. Waits for at most a second. */
  async close(): Promise<void> {
    await withTimeout(this.flush());
    this.#isClosed = true;
    if (this.#own !== undefined) await withTimeout(closed(this.#client));
  }

  #connect(): StatsD {
    const own = { hasFailed: false, waitingSince: undefined };
    this.#own = own;
    const { maxBufferSize, errorHandler, ...options } = this.destination.options ?? {};
    const buffer = maxBufferSize ?? (options.protocol === 'uds' ? undefined : MAX_DATAGRAM_BYTES);
    return new StatsD({
      ...options,
      ...(buffer === undefined ? {} : { maxBufferSize: buffer }),
      errorHandler: (error) => {
        this.#failed(error, own);
        errorHandler?.(error);
      },
    });
  }

  #send(send: (client: StatsD, sent: (error?: Error) => void) => void): void {
    const own = this.#own;
    try {
      send(this.#client, (error) => {
        if (error !== undefined && error !== null) this.#failed(error, own);
      });
    } catch (error) {
      this.#failed(error, own);
    }
  }

  #endBatch(): void {
    if (this.#isDown && this.#failures === 0) {
      this.#isDown = false;
      this.#log.info('StatsD can be reached again');
    }
    this.#failures = 0;
  }

  #failed(error: unknown, own = this.#own): void {
    if (own !== this.#own || this.#isClosed) return;
    if (own !== undefined) own.hasFailed = true;
    this.#failures++;
    if (this.#isDown) return;
    this.#isDown = true;
    const message = error instanceof Error ? error.message : String(error);
    this.#log.warn(`StatsD cannot be reached, and metrics are lost until it can: ${message}`);
  }
}

/** Whether the client can be created again: not for a given stream, and a mock never fails. */
function isReplaceable({ protocol, mock }: ClientOptions = {}): boolean {
  return protocol !== 'stream' && mock !== true;
}

function flushed(client: StatsD): Promise<unknown> {
  return new Promise((resolve) => {
    try {
      client.flush((error) => resolve(error ?? undefined));
    } catch (error) {
      resolve(error);
    }
  });
}

function closed(client: StatsD): Promise<void> {
  return new Promise((resolve) => {
    try {
      client.close(() => resolve());
    } catch {
      resolve();
    }
  });
}

async function withTimeout(promise: Promise<void>): Promise<void> {
  await within(promise, TIMEOUT_MS, { keepAlive: true }).catch(() => undefined);
}
