import type { FleetAction, RateOverride } from './fleet.js';
import { keyOf, type Extent } from './job-key.js';

/** A pause that somebody has ordered. */
export interface PauseOrder {
  readonly by: string;
  readonly at: Date;
}

/** All that operators want otherwise than the code declares: the same for every process. */
export interface Orders {
  /** Grows with each change; 0 before the first. */
  readonly revision: number;
  /** By {@link keyOf} of the job. */
  readonly rates: ReadonlyMap<string, RateOverride>;
  /** By {@link keyOf} of the job, or of the recruiter. */
  readonly pauses: ReadonlyMap<string, PauseOrder>;
}

/** Orders in force at most: more are a mistake, or for jobs whose ids were made up. */
export const MOST_ORDERS = 1000;

/** Before anybody has ordered anything. */
export const NO_ORDERS: Orders = { revision: 0, rates: new Map(), pauses: new Map() };

/** One change of the orders. */
export interface Change {
  readonly action: Exclude<FleetAction, 'run-once'>;
  readonly extent: Extent;
  readonly by: string;
  /** Of `set-rate`. */
  readonly rate?: number;
}

/** The orders after a change. */
export function changedOrders(orders: Orders, change: Change, revision: number, at: Date): Orders {
  const { by, rate = 0 } = change;
  const rates = new Map(orders.rates);
  const pauses = new Map(orders.pauses);
  const key = keyOf(change.extent);
  if (change.action === 'set-rate') rates.set(key, { rate, by, at });
  else if (change.action === 'reset-rate') rates.delete(key);
  else if (change.action === 'pause') pauses.set(key, { by, at });
  else pauses.delete(key);
  return { revision, rates, pauses };
}
