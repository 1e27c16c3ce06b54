import type { SentJob } from '../wire.js';
import { count, exactSpan, span, time } from './format.js';

type Period = NonNullable<SentJob['period']>;
type Pass = NonNullable<Period['lastPass']>;

/** A pass that is overdue by more than this needs attention: periods. */
const MAX_OVERDUE_PERIODS = 2;

export function isOverdue({ period }: SentJob): boolean {
  return period !== undefined && period.overdueBy > MAX_OVERDUE_PERIODS * period.every;
}

/** How often there is a pass. */
export function everyText({ every }: Period): string {
  return `every ${exactSpan(every)}`;
}

/** When the next pass is due, or how far the one under way is. */
export function nextText({ dueAt, lastPass }: Period): string {
  if (dueAt !== undefined) return `next pass ${time(dueAt)}`;
  if (lastPass === undefined || lastPass.endedAt !== undefined) return 'pass due now';
  return `pass under way: ${workOf(lastPass)}`;
}

/** How the last pass went, or the one under way. */
export function passText(pass: Pass): string {
  const { dueAt, beganAt, endedAt, skipped } = pass;
  const begin = `due ${time(dueAt)}, began ${time(beganAt)}`;
  if (endedAt === undefined) return `${begin}, under way: ${workOf(pass)}`;
  const taken = Math.max(0, Date.parse(endedAt) - Date.parse(beganAt));
  const missed = skipped > 0 ? `, ${counted(skipped, 'period')} skipped` : '';
  return `${begin}, took ${taken < 1000 ? '< 1 s' : span(taken)}: ${workOf(pass)}${missed}`;
}

function workOf({ slices, done }: Pass): string {
  return `${counted(slices, 'slice')}, ${counted(done, 'item')}`;
}

function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`;
}
