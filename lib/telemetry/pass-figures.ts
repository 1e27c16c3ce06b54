import type { JobPeriodSnapshot } from '../recruiter/record/snapshot.js';

/**
 * The passes of a job with `every` in numbers; times are in seconds. Every process knows about each pass of the fleet, so
 * none of them is a counter: over processes they are not added up.
 */
export interface PassFigures {
  readonly period: number;
  readonly next: number;
  readonly overdue: number;
  readonly duration: number | undefined;
  readonly slices: number | undefined;
  readonly items: number | undefined;
  readonly skipped: number | undefined;
}

/** How one of {@link PassFigures} is exported: always as a gauge. */
interface PassMetric {
  readonly figure: keyof PassFigures;
  readonly name: string;
  readonly unit: string;
  readonly help: string;
}

export const PASS_METRICS: readonly PassMetric[] = [
  { figure: 'period', name: 'period', unit: 's', help: 'Period of a job with `every`' },
  {
    figure: 'next',
    name: 'next_pass',
    unit: 's',
    help: 'Time until the next pass is due; 0 while one is due or under way',
  },
  {
    figure: 'overdue',
    name: 'pass_overdue',
    unit: 's',
    help: 'How long a pass had been due when the coordinator last spoke of one; 0 where none was',
  },
  {
    figure: 'duration',
    name: 'last_pass.duration',
    unit: 's',
    help: 'Duration of the last pass, from its first slice to its end; absent while one is under way',
  },
  {
    figure: 'slices',
    name: 'last_pass.slices',
    unit: '{slice}',
    help: 'Slices of the last pass in the whole fleet, or of the one under way so far',
  },
  {
    figure: 'items',
    name: 'last_pass.items',
    unit: '{item}',
    help: 'Items done by the last pass in the whole fleet, or by the one under way so far',
  },
  {
    figure: 'skipped',
    name: 'last_pass.skipped_periods',
    unit: '{period}',
    help: 'Periods without a pass before the end of the last one; absent while one is under way',
  },
];

/** @param now - wall clock: ms since the epoch. */
export function passFigures(period: JobPeriodSnapshot, now: number): PassFigures {
  const { every, dueAt, overdueBy, lastPass } = period;
  const ended = lastPass?.endedAt === undefined ? undefined : lastPass;
  return {
    period: every / 1000,
    next: dueAt === undefined ? 0 : Math.max(0, dueAt.getTime() - now) / 1000,
    overdue: overdueBy / 1000,
    duration: ended && numberOf((Number(ended.endedAt) - Number(ended.beganAt)) / 1000),
    slices: lastPass && numberOf(lastPass.slices),
    items: lastPass && numberOf(lastPass.done),
    skipped: ended && numberOf(ended.skipped),
  };
}

/** A coordinator of the user's may say anything. */
function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : undefined;
}
