import type { AuditEntry, FleetAction } from '../../fleet/fleet.js';
import type { Extent } from '../../fleet/job-key.js';
import { objectOf, shareOf, textOf } from './checks.js';
import { readStamped } from './stamped.js';

const ACTIONS: readonly FleetAction[] = ['set-rate', 'reset-rate', 'pause', 'resume', 'run-once'];

/** A line of the audit list, to which the server adds the time. */
export function writeEntry(
  action: FleetAction,
  { extent, by, rate }: { extent: Extent; by: string; rate?: number },
): string {
  return JSON.stringify({ action, by, recruiter: extent.recruiter, job: extent.id, rate });
}

/** @throws TypeError or SyntaxError when somebody else or a newer version wrote it. */
export function readEntry(text: string): AuditEntry {
  const { at, value } = readStamped(text);
  const said = objectOf(value);
  const action = ACTIONS.find((known) => known === said.action);
  if (action === undefined) throw new TypeError('an action is missing');
  return {
    at: new Date(at),
    by: textOf(said.by),
    action,
    recruiter: textOf(said.recruiter),
    jobId: said.job === undefined ? undefined : textOf(said.job),
    rate: said.rate === undefined ? undefined : shareOf(said.rate),
  };
}
