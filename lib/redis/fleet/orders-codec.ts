import type { RateOverride } from '../../fleet/fleet.js';
import type { Change, Orders, PauseOrder } from '../../fleet/orders.js';
import { keyOf } from '../../fleet/job-key.js';
import { listOf, objectOf, shareOf, textOf } from './checks.js';
import type { Complaints } from './complaints.js';
import { readStamped, stamped } from './stamped.js';

/** The field of the revision among the orders. */
export const REVISION = 'revision';

/** The revision as it stands in Redis; 0 where there is none, or something else. */
export function readRevision(text: unknown): number {
  const revision = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** The field that a change sets or removes, and what it sets. */
export function fieldOf({ action, extent, by, rate }: Change): { field: string; value: unknown } {
  const key = keyOf(extent);
  if (action === 'set-rate') return { field: `rate:${key}`, value: { rate, by } };
  if (action === 'reset-rate') return { field: `rate:${key}`, value: undefined };
  return { field: `pause:${key}`, value: action === 'pause' ? { by } : undefined };
}

/** All orders of a hash; fields that somebody else or a newer version wrote are left out, with a word in the log. */
export function readOrders(fields: Readonly<Record<string, string>>, complaints: Complaints): Orders {
  const rates = new Map<string, RateOverride>();
  const pauses = new Map<string, PauseOrder>();
  for (const [field, text] of Object.entries(fields)) {
    if (field === REVISION) continue;
    try {
      const [, kind, key] = /^(rate|pause):([^]*)$/.exec(field) ?? [];
      const { at, value } = readStamped(text);
      const { by, rate } = objectOf(value);
      const told = { by: textOf(by), at: new Date(at) };
      listOf(JSON.parse(textOf(key, Infinity)));
      if (kind === 'rate') rates.set(key!, { rate: shareOf(rate), ...told });
      else pauses.set(key!, told);
    } catch (error) {
      complaints.once(
        field,
        `Order ${JSON.stringify(field)} in Redis is not understood, so it is left out: ${String(error)}`,
      );
    }
  }
  return { revision: readRevision(fields[REVISION]), rates, pauses };
}

/** The fields of all orders, one after the other. */
export function writeOrders({ rates, pauses }: Orders): string[] {
  return [
    ...[...rates].flatMap(([key, { rate, by, at }]) => [`rate:${key}`, stamped(at.getTime(), { rate, by })]),
    ...[...pauses].flatMap(([key, { by, at }]) => [`pause:${key}`, stamped(at.getTime(), { by })]),
  ];
}
