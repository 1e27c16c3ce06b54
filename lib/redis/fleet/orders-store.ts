import type { AuditEntry } from '../../fleet/fleet.js';
import type { Extent } from '../../fleet/job-key.js';
import { changedOrders, MOST_ORDERS, type Change, type Orders } from '../../fleet/orders.js';
import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { recordOf, send } from '../lua/send.js';
import { readEntry, writeEntry } from './audit-codec.js';
import type { Complaints } from './complaints.js';
import type { FleetKeys } from './fleet-keys.js';
import { fieldOf, readOrders, readRevision, REVISION, writeOrders } from './orders-codec.js';

/** Lines of the audit list that are kept. */
const AUDIT_KEPT = 500;
/** Slices that may be asked for and not yet run, at a time. */
const MOST_RUNS = 100;

/** Keeps the orders and the audit list in Redis. */
export class OrdersStore {
  constructor(
    private readonly client: RedisLike,
    private readonly keys: FleetKeys,
    private readonly complaints: Complaints,
  ) {}

  /** 0 before the first order, and when Redis has lost them. */
  async revision(): Promise<number> {
    return readRevision(await send(this.client, 'HGET', [this.keys.orders], [REVISION]));
  }

  async read(): Promise<Orders> {
    return readOrders(recordOf(await send(this.client, 'HGETALL', [this.keys.orders])), this.complaints);
  }

  /** The orders after the change; undefined where they are not those that were seen. */
  async change(change: Change, seen: Orders): Promise<Orders | undefined> {
    const { field, value } = fieldOf(change);
    const { orders, audit, channel } = this.keys;
    const json = value === undefined ? '' : JSON.stringify(value);
    const entry = writeEntry(change.action, change);
    const args = [seen.revision, field, json, entry, channel, MOST_ORDERS, AUDIT_KEPT];
    const answer = await runScript(this.client, 'fleet-change', [orders, audit], args);
    if (answer === null) return undefined;
    const [revision, at] = answer as [string, string];
    return changedOrders(seen, change, Number(revision), new Date(Number(at)));
  }

  /** Puts orders back that Redis has lost, unless it has later ones. */
  async restore(orders: Orders): Promise<void> {
    const args = [orders.revision, this.keys.channel, ...writeOrders(orders)];
    await runScript(this.client, 'fleet-restore', [this.keys.orders], args);
  }

  /** Asks the fleet for a slice. */
  async askForRun(id: string, job: Required<Extent>, by: string, ttl: number): Promise<void> {
    const { orders, runs, audit, channel } = this.keys;
    const value = JSON.stringify([job.recruiter, job.id]);
    const entry = writeEntry('run-once', { extent: job, by });
    const args = [id, value, ttl, entry, channel, MOST_RUNS, AUDIT_KEPT];
    await runScript(this.client, 'fleet-run-once', [orders, runs, audit], args);
  }

  /** The latest first; lines that somebody else or a newer version wrote are left out. */
  async audit(limit: number): Promise<AuditEntry[]> {
    const lines = (await send(this.client, 'LRANGE', [this.keys.audit], [0, limit - 1])) as string[];
    return lines.flatMap((line) => {
      try {
        return [readEntry(line)];
      } catch (error) {
        this.complaints.once(
          'audit',
          `A line of the audit list in Redis is not understood, so it is left out: ${String(error)}`,
        );
        return [];
      }
    });
  }
}
