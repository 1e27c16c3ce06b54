import type { AuditEntry } from '../../fleet/fleet.js';
import { changedOrders, MAX_ORDERS, type Change, type Orders } from '../../fleet/orders.js';
import type { Target } from '../../fleet/target.js';
import type { Log } from '../../logging/log.js';
import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { recordOf, send } from '../lua/send.js';
import type { FleetKeys } from './fleet-keys.js';
import {
  fieldOf,
  readEntry,
  readOrders,
  readRevision,
  REVISION,
  writeEntry,
  writeOrders,
} from './orders-codec.js';

/** Length of the audit list. */
const MAX_AUDIT_ENTRIES = 500;
/** Requested slices that may wait at a time. */
const MAX_RUN_REQUESTS = 100;

/** The orders and the audit list in Redis. */
export class OrdersStore {
  constructor(
    private readonly client: RedisLike,
    private readonly keys: FleetKeys,
    private readonly log: Log,
  ) {}

  /** 0 before the first order, and where Redis has lost them. */
  async revision(): Promise<number> {
    return readRevision(await send(this.client, 'HGET', [this.keys.orders], [REVISION]));
  }

  async read(): Promise<Orders> {
    return readOrders(recordOf(await send(this.client, 'HGETALL', [this.keys.orders])), this.log);
  }

  /** The orders after the change; undefined if another process has changed them since `seen` was read. */
  async change(change: Change, seen: Orders): Promise<Orders | undefined> {
    const { field, value } = fieldOf(change);
    const { orders, audit, channel } = this.keys;
    const json = value === undefined ? '' : JSON.stringify(value);
    const entry = writeEntry(change.action, change);
    const args = [seen.revision, field, json, entry, channel, MAX_ORDERS, MAX_AUDIT_ENTRIES];
    const reply = await runScript(this.client, 'fleet-change', [orders, audit], args);
    if (reply === null) return undefined;
    const [revision, at] = reply as [string, string];
    return changedOrders(seen, change, Number(revision), new Date(Number(at)));
  }

  /** Restores orders that Redis has lost, unless it has the same revision or a later one. */
  async restore(orders: Orders): Promise<void> {
    const args = [orders.revision, this.keys.channel, ...writeOrders(orders)];
    await runScript(this.client, 'fleet-restore', [this.keys.orders], args);
  }

  /** @param ttl - how long the request is valid: ms. */
  async requestRun(id: string, job: Required<Target>, by: string, ttl: number): Promise<void> {
    const { orders, runs, audit, channel } = this.keys;
    const value = JSON.stringify([job.recruiter, job.id]);
    const entry = writeEntry('run-once', { target: job, by });
    const args = [id, value, ttl, entry, channel, MAX_RUN_REQUESTS, MAX_AUDIT_ENTRIES];
    await runScript(this.client, 'fleet-run-once', [orders, runs, audit], args);
  }

  /** Latest first; lines of an unknown format are left out, and logged once. */
  async audit(limit: number): Promise<AuditEntry[]> {
    const lines = (await send(this.client, 'LRANGE', [this.keys.audit], [0, limit - 1])) as string[];
    return lines.flatMap((line) => {
      try {
        return [readEntry(line)];
      } catch (error) {
        this.log.warnOnce(
          'audit',
          `A line of the audit list in Redis cannot be read and is ignored: ${String(error)}`,
        );
        return [];
      }
    });
  }
}
