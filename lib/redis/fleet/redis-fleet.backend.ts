import { Log } from '../../logging/log.js';
import { systemClock, type Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import type { FleetBackend, LocalProcess, ProcessSighting } from '../../fleet/fleet-backend.js';
import type { AuditEntry } from '../../fleet/fleet.js';
import type { Change, Orders } from '../../fleet/orders.js';
import type { ProcessReport } from '../../fleet/process-report.js';
import type { Target } from '../../fleet/target.js';
import type { RedisConnection } from '../connection/client.js';
import { untilReady } from '../connection/until-ready.js';
import { ChangeSubscriber } from './change-subscriber.js';
import { Connectivity } from './connectivity.js';
import { DEFAULT_INTERVAL } from './fleet.options.js';
import { FleetKeys } from './fleet-keys.js';
import { FleetReader } from './fleet-reader.js';
import { OrderPoller } from './order-poller.js';
import { OrdersStore } from './orders-store.js';
import { Publisher } from './publisher.js';
import { RunRequests } from './run-requests.js';

/** How long bootstrap and shutdown wait for Redis. */
const LIFECYCLE_TIMEOUT_MS = 1000;

/** The fleet of all processes that share a Redis and a prefix. */
export class RedisFleetBackend implements FleetBackend {
  readonly #client;
  readonly #connectivity: Connectivity;
  readonly #store: OrdersStore;
  readonly #requests: RunRequests;
  readonly #poller: OrderPoller;
  readonly #publisher: Publisher;
  readonly #subscriber: ChangeSubscriber;
  readonly #reader: FleetReader;

  constructor(
    { client, prefix }: RedisConnection,
    local: LocalProcess,
    interval: number = DEFAULT_INTERVAL,
    isKnownToFail: () => boolean = () => false,
    private readonly clock: Required<Clock> = systemClock,
  ) {
    this.#client = client;
    const keys = new FleetKeys(prefix);
    const log = new Log('WorkStealingRedis');
    this.#connectivity = new Connectivity(clock, isKnownToFail);
    this.#store = new OrdersStore(client, keys, log);
    this.#requests = new RunRequests(client, keys, this.#store, local, log);
    this.#poller = new OrderPoller(this.#store, this.#requests, local, this.#connectivity, clock);
    this.#publisher = new Publisher(client, keys, local, this.#connectivity, interval, clock);
    this.#subscriber = new ChangeSubscriber(client, keys.channel, () => void this.#poller.poll());
    this.#reader = new FleetReader(client, keys, this.#connectivity, log);
  }

  get scope(): 'fleet' | 'process' {
    return this.#connectivity.isUp ? 'fleet' : 'process';
  }

  /** Joins the fleet. Resolves when the orders are applied, after 1 s at most. Never rejects. */
  async start(): Promise<void> {
    await this.#withTimeout(untilReady(this.#client).then(() => this.#poller.poll()));
    this.#poller.start();
    this.#publisher.start();
    this.#subscriber.start();
  }

  /** Leaves the fleet; if Redis is slow, the entries of this process expire by themselves. Never rejects. */
  async stop(): Promise<void> {
    this.#poller.stop();
    this.#subscriber.stop();
    await this.#withTimeout(this.#publisher.stop());
  }

  async processes(): Promise<ProcessSighting[]> {
    const heartbeats = await this.#reader.heartbeats();
    return heartbeats.map(({ facts, seenAt }) => ({ facts, seenAt: new Date(seenAt) }));
  }

  others(): AsyncIterable<ProcessReport[]> {
    return this.#reader.reports();
  }

  orders(): Promise<Orders> {
    return this.#connectivity.inTime(this.#poller.synchronize());
  }

  change(change: Change, seen: Orders): Promise<Orders | undefined> {
    return this.#connectivity.inTime(this.#store.change(change, seen));
  }

  async runOnce(job: Required<Target>, by: string): Promise<void> {
    await this.#connectivity.inTime(this.#requests.add(job, by));
    void this.#poller.poll();
  }

  audit(limit: number): Promise<AuditEntry[]> {
    return this.#connectivity.inTime(this.#store.audit(limit));
  }

  /** A client that the application configured may queue commands for hours. */
  async #withTimeout(work: Promise<void>): Promise<void> {
    await within(work, LIFECYCLE_TIMEOUT_MS, { clock: this.clock, keepAlive: true }).catch(() => undefined);
  }
}
