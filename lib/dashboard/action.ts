import { describeValue } from '../options/describe-value.js';
import type { Fleet, FleetAction, FleetJobRef } from '../fleet/fleet.js';

/** A write of the page. */
export interface Action {
  readonly action: FleetAction;
  readonly recruiter?: string;
  /** ID of the job; `pause` and `resume` without it are for all jobs of the recruiter. */
  readonly id?: string;
  /** The new rate, for `set-rate` only. */
  readonly rate?: number;
}

const KEYS = new Set(['action', 'recruiter', 'id', 'rate']);

type Act = (fleet: Fleet, job: FleetJobRef, action: Action, by: string) => Promise<void>;

const ACTS: Readonly<Record<FleetAction, Act>> = {
  'set-rate': (fleet, job, { rate }, by) => fleet.setRate(job, rate!, by),
  'reset-rate': (fleet, job, _, by) => fleet.resetRate(job, by),
  pause: (fleet, job, _, by) => fleet.pause(job, by),
  resume: (fleet, job, _, by) => fleet.resume(job, by),
  'run-once': (fleet, job, _, by) => fleet.runOnce(job, by),
};

/** Reads the body of a write. Returns a string with the problem if it is invalid. */
export function readAction(body: unknown): Action | string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return `the body is ${describeValue(body)}; expected JSON such as { "action": "pause", "id": "…" }`;
  }
  const unknown = Object.keys(body).filter((key) => !KEYS.has(key));
  if (unknown.length > 0) return `unknown in the body: ${unknown.map(describeValue).join(', ')}`;
  return problemOf(body) ?? (body as Action);
}

function problemOf(body: Partial<Record<keyof Action, unknown>>): string | undefined {
  const { action, recruiter, id, rate } = body;
  if (typeof action !== 'string' || !Object.hasOwn(ACTS, action)) {
    return `action is ${describeValue(action)}; expected one of ${Object.keys(ACTS).join(', ')}`;
  }
  if (recruiter !== undefined && typeof recruiter !== 'string') {
    return `recruiter is ${describeValue(recruiter)}; expected a string`;
  }
  const mayBeAll = action === 'pause' || action === 'resume';
  if (typeof id !== 'string' && !(mayBeAll && id === undefined)) {
    return `id is ${describeValue(id)}; expected the id of a job`;
  }
  if ((action === 'set-rate') !== (typeof rate === 'number')) {
    return `rate is ${describeValue(rate)}; expected ${action === 'set-rate' ? 'a number from 0 to 1' : 'none'}`;
  }
  return undefined;
}

/** @throws WorkStealingConfigError or FleetUnavailableError: see {@link Fleet}. */
export async function perform(fleet: Fleet, action: Action, by: string): Promise<void> {
  const { recruiter, id } = action;
  const job = { ...(recruiter === undefined ? {} : { recruiter }), ...(id === undefined ? {} : { id }) };
  await ACTS[action.action](fleet, job as FleetJobRef, action, by);
}
