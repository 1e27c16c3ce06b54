import type { AuditEntry, FleetAction, RateOverride } from '../../fleet/fleet.js';
import type { Change, Orders, PauseOrder } from '../../fleet/orders.js';
import { keyOf, type Target } from '../../fleet/target.js';
import type { Log } from '../../logging/log.js';
import { listOf, objectOf, readStamped, shareOf, stringOf, writeStamped } from './values.js';

/** The field of the hash of orders that holds their revision. */
export const REVISION = 'revision';

const ACTIONS: readonly FleetAction[] = ['set-rate', 'reset-rate', 'pause', 'resume', 'run-once'];

/** The revision from its field in Redis; 0 where the field is missing or not a revision. */
export function readRevision(written: unknown): number {
  const revision = typeof written === 'string' && /^\d+$/.test(written) ? Number(written) : 0;
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** The field that a change sets, with its value; without a value the field is removed. */
export function fieldOf({ action, target, by, rate }: Change): { field: string; value: unknown } {
  const key = keyOf(target);
  if (action === 'set-rate') return { field: `rate:${key}`, value: { rate, by } };
  if (action === 'reset-rate') return { field: `rate:${key}`, value: undefined };
  return { field: `pause:${key}`, value: action === 'pause' ? { by } : undefined };
}

/** All orders of a hash; fields of an unknown format are left out, and logged once. */
export function readOrders(fields: Readonly<Record<string, string>>, log: Log): Orders {
  const rates = new Map<string, RateOverride>();
  const pauses = new Map<string, PauseOrder>();
  for (const [field, written] of Object.entries(fields)) {
    if (field === REVISION) continue;
    try {
      const [, kind, key] = /^(rate|pause):([^]*)$/.exec(field) ?? [];
      const { at, value } = readStamped(written);
      const { by, rate } = objectOf(value);
      const origin = { by: stringOf(by), at: new Date(at) };
      listOf(JSON.parse(stringOf(key, Infinity)));
      if (kind === 'rate') rates.set(key!, { rate: shareOf(rate), ...origin });
      else pauses.set(key!, origin);
    } catch (error) {
      log.warnOnce(
        field,
        `Order ${JSON.stringify(field)} in Redis cannot be read and is ignored: ${String(error)}`,
      );
    }
  }
  return { revision: readRevision(fields[REVISION]), rates, pauses };
}

/** The fields and values of all orders, alternating. */
export function writeOrders({ rates, pauses }: Orders): string[] {
  return [
    ...[...rates].flatMap(([key, { rate, by, at }]) => [
      `rate:${key}`,
      writeStamped(at.getTime(), { rate, by }),
    ]),
    ...[...pauses].flatMap(([key, { by, at }]) => [`pause:${key}`, writeStamped(at.getTime(), { by })]),
  ];
}

/** A line of the audit list, to which the script adds the time. */
export function writeEntry(
  action: FleetAction,
  { target, by, rate }: { target: Target; by: string; rate?: number },
): string {
  return JSON.stringify({ action, by, recruiter: target.recruiter, job: target.id, rate });
}

/** @throws TypeError or SyntaxError for any other format. */
export function readEntry(written: string): AuditEntry {
  const { at, value } = readStamped(written);
  const fields = objectOf(value);
  const action = ACTIONS.find((known) => known === fields.action);
  if (action === undefined) throw new TypeError('an action is missing');
  return {
    at: new Date(at),
    by: stringOf(fields.by),
    action,
    recruiter: stringOf(fields.recruiter),
    jobId: fields.job === undefined ? undefined : stringOf(fields.job),
    rate: fields.rate === undefined ? undefined : shareOf(fields.rate),
  };
}
