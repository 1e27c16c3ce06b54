import type { FleetAction, RateOverride } from './fleet.js';
import { keyOf, type Target } from './target.js';

/** A fleet-wide pause in force. */
export interface PauseOrder {
  readonly by: string;
  readonly at: Date;
}

/** The rate overrides and pauses in force: the same for every process. */
export interface Orders {
  /** Grows with each change; 0 before the first. */
  readonly revision: number;
  /** By job: see {@link keyOf}. */
  readonly rates: ReadonlyMap<string, RateOverride>;
  /** By job or recruiter: see {@link keyOf}. */
  readonly pauses: ReadonlyMap<string, PauseOrder>;
}

/** Maximum of orders in force: more are a mistake, or for jobs whose IDs are created at run time. */
export const MAX_ORDERS = 1000;

/** The orders before the first change. */
export const NO_ORDERS: Orders = { revision: 0, rates: new Map(), pauses: new Map() };

/** One change of the orders. */
export interface Change {
  readonly action: Exclude<FleetAction, 'run-once'>;
  readonly target: Target;
  readonly by: string;
  /** The new rate, for `set-rate` only. */
  readonly rate?: number;
}

/** Returns the orders after a change. */
export function changedOrders(orders: Orders, change: Change, revision: number, at: Date): Orders {
  const { by, rate = 0 } = change;
  const rates = new Map(orders.rates);
  const pauses = new Map(orders.pauses);
  const key = keyOf(change.target);
  if (change.action === 'set-rate') rates.set(key, { rate, by, at });
  else if (change.action === 'reset-rate') rates.delete(key);
  else if (change.action === 'pause') pauses.set(key, { by, at });
  else pauses.delete(key);
  return { revision, rates, pauses };
}
