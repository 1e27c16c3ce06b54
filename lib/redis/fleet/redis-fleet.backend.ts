import { systemClock, type Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import type { FleetBackend, FleetSite, ProcessSighting } from '../../fleet/fleet-backend.js';
import type { AuditEntry } from '../../fleet/fleet.js';
import type { Extent } from '../../fleet/job-key.js';
import type { Change, Orders } from '../../fleet/orders.js';
import type { ProcessReport } from '../../fleet/process-report.js';
import type { RedisConnection } from '../connection/client.js';
import { untilReady } from '../connection/until-ready.js';
import { Announcements } from './announcements.js';
import { Complaints } from './complaints.js';
import { Connectivity } from './connectivity.js';
import { DEFAULT_INTERVAL } from './fleet.options.js';
import { FleetKeys } from './fleet-keys.js';
import { Look } from './look.js';
import { OrdersStore } from './orders-store.js';
import { Publisher } from './publisher.js';
import { Runs } from './runs.js';
import { Watch } from './watch.js';

/** How long the bootstrap and the shutdown wait for a Redis that is slow or away: ms. */
const PATIENCE = 1000;

/** The fleet of all processes that share a Redis and a prefix. */
export class RedisFleetBackend implements FleetBackend {
  readonly #client;
  readonly #connectivity: Connectivity;
  readonly #store: OrdersStore;
  readonly #runs: Runs;
  readonly #watch: Watch;
  readonly #publisher: Publisher;
  readonly #announcements: Announcements;
  readonly #look: Look;

  constructor(
    { client, prefix }: RedisConnection,
    site: FleetSite,
    interval: number = DEFAULT_INTERVAL,
    isKnownToFail: () => boolean = () => false,
    private readonly clock: Required<Clock> = systemClock,
  ) {
    this.#client = client;
    const keys = new FleetKeys(prefix);
    const complaints = new Complaints();
    this.#connectivity = new Connectivity(clock, isKnownToFail);
    this.#store = new OrdersStore(client, keys, complaints);
    this.#runs = new Runs(client, keys, this.#store, site, complaints);
    this.#watch = new Watch(this.#store, this.#runs, site, this.#connectivity, clock);
    this.#publisher = new Publisher(client, keys, site, this.#connectivity, interval, clock);
    this.#announcements = new Announcements(client, keys.channel, () => void this.#watch.look());
    this.#look = new Look(client, keys, this.#connectivity, complaints);
  }

  get scope(): 'fleet' | 'process' {
    return this.#connectivity.isUp ? 'fleet' : 'process';
  }

  /** Takes up what was ordered, if Redis answers in time, and takes part from then on. Never rejects. */
  async start(): Promise<void> {
    await this.#forAWhile(untilReady(this.#client).then(() => this.#watch.look()));
    this.#watch.start();
    this.#publisher.start();
    this.#announcements.start();
  }

  /** Takes part no longer; what cannot be taken back in time expires by itself. Never rejects. */
  async stop(): Promise<void> {
    this.#watch.stop();
    this.#announcements.stop();
    await this.#forAWhile(this.#publisher.stop());
  }

  async processes(): Promise<ProcessSighting[]> {
    const words = await this.#look.words();
    return words.map(({ facts, seenAt }) => ({ facts, seenAt: new Date(seenAt) }));
  }

  others(): AsyncIterable<ProcessReport[]> {
    return this.#look.reports();
  }

  orders(): Promise<Orders> {
    return this.#connectivity.inTime(this.#watch.takeUp());
  }

  change(change: Change, seen: Orders): Promise<Orders | undefined> {
    return this.#connectivity.inTime(this.#store.change(change, seen));
  }

  async runOnce(job: Required<Extent>, by: string): Promise<void> {
    await this.#connectivity.inTime(this.#runs.ask(job, by));
    void this.#watch.look();
  }

  audit(limit: number): Promise<AuditEntry[]> {
    return this.#connectivity.inTime(this.#store.audit(limit));
  }
  /** A client of the user's may queue commands for hours. */
  async #forAWhile(work: Promise<void>): Promise<void> {
    await within(work, PATIENCE, { clock: this.clock, keepAlive: true }).catch(() => undefined);
  }
}
