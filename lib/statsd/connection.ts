import { StatsD, type ClientOptions } from 'hot-shots';
import { Log } from '../logging/log.js';
import { within } from '../time/within.js';
import type { Named } from './naming.js';

/** What fits into one datagram on any path of the internet. */
const DATAGRAM = 1432;

/** How long a shutdown waits for the last metrics, and how long a server may take to take some: ms. */
const PATIENCE = 1000;

/** Where the metrics go. */
export interface Destination {
  readonly client?: StatsD | undefined;
  readonly options?: ClientOptions | undefined;
}

/**
 * Sends, and lets nobody notice when there is nobody to send to: metrics of that time are lost, and the log has one line
 * when it begins and one when it ends.
 */
export class Connection {
  readonly #log = new Log('WorkStealingStatsd');
  #client: StatsD;
  /** The client that the module has made; undefined where one was given. Errors of one before it are of no interest. */
  #own: { hasFailed: boolean; waitingSince: number | undefined } | undefined;
  #isDown = false;
  #isClosed = false;
  /** Since the end of the flush before. */
  #failures = 0;

  constructor(private readonly destination: Destination) {
    this.#client = destination.client ?? this.#connect();
  }

  count({ stat, tags }: Named, value: number): void {
    // Exact counts are not to be sampled, whatever the client does with others.
    this.#send((client, sent) => client.increment(stat, value, 1, tags, sent));
  }

  gauge({ stat, tags }: Named, value: number): void {
    this.#send((client, sent) => client.gauge(stat, value, 1, tags, sent));
  }

  timing({ stat, tags }: Named, ms: number): void {
    this.#send((client, sent) => client.timing(stat, ms, undefined, tags, sent));
  }

  /** To be called before a batch: a client of the module's that has failed, or is stuck, is replaced. */
  renew(): void {
    const own = this.#own;
    if (own === undefined || !isReplaceable(this.destination.options)) return;
    if (performance.now() - (own.waitingSince ?? Infinity) > PATIENCE) {
      this.#failed(new Error('it does not take what it is sent'));
    }
    if (!own.hasFailed) return;
    const old = this.#client;
    this.#client = this.#connect();
    void closed(old);
  }

  /** Sends what the client holds back. Resolves when it is gone; never rejects, but may wait for ever. */
  async flush(): Promise<void> {
    const own = this.#own;
    if (own !== undefined) own.waitingSince ??= performance.now();
    const error = await flushed(this.#client);
    if (own !== undefined) own.waitingSince = undefined;
    if (error !== undefined) this.#failed(error, own);
    if (own === this.#own) this.#takeStock();
  }

  /** Sends what is left, and closes the client that the module has made. Waits for no more than a second. */
  async close(): Promise<void> {
    await patiently(this.flush());
    this.#isClosed = true;
    if (this.#own !== undefined) await patiently(closed(this.#client));
  }

  #connect(): StatsD {
    const own = { hasFailed: false, waitingSince: undefined };
    this.#own = own;
    const { maxBufferSize, errorHandler, ...options } = this.destination.options ?? {};
    const buffer = maxBufferSize ?? (options.protocol === 'uds' ? undefined : DATAGRAM);
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

  #takeStock(): void {
    if (this.#isDown && this.#failures === 0) {
      this.#isDown = false;
      this.#log.info('StatsD is reached again');
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
    this.#log.warn(`StatsD is not reached, and metrics are lost until it is again: ${message}`);
  }
}

/** A stream that was given cannot be opened again, and what is mocked never fails. */
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

async function patiently(promise: Promise<void>): Promise<void> {
  await within(promise, PATIENCE, { keepAlive: true }).catch(() => undefined);
}
