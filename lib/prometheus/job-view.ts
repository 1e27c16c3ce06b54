import type { JobSnapshot } from '../recruiter/record/snapshot.js';

/** What is shown of the jobs of one label: nearly always that is one job. Times in seconds, as is Prometheus' custom. */
export interface JobView {
  readonly declared: number;
  readonly effective: number;
  readonly isPaused: boolean;
  readonly installedAt: number;
  readonly lastWorkAt: number | undefined;
  readonly expectWorkWithin: number | undefined;
  readonly backlog: number | undefined;
}

export function viewOf(
  { rate, effectiveRate, paused, installedAt, lastWorkAt, expectWorkWithin }: JobSnapshot,
  backlog: number | undefined,
): JobView {
  return {
    declared: rate,
    effective: effectiveRate,
    isPaused: paused,
    installedAt: installedAt.getTime() / 1000,
    lastWorkAt: lastWorkAt === undefined ? undefined : lastWorkAt.getTime() / 1000,
    expectWorkWithin: expectWorkWithin === undefined ? undefined : expectWorkWithin / 1000,
    backlog,
  };
}

/** The same job in two applications of one process: both see the same work, so nothing is added up. */
export function together(a: JobView, b: JobView): JobView {
  return {
    declared: Math.max(a.declared, b.declared),
    effective: Math.max(a.effective, b.effective),
    isPaused: a.isPaused && b.isPaused,
    installedAt: Math.min(a.installedAt, b.installedAt),
    lastWorkAt: choose(Math.max, a.lastWorkAt, b.lastWorkAt),
    expectWorkWithin: choose(Math.min, a.expectWorkWithin, b.expectWorkWithin),
    backlog: choose(Math.max, a.backlog, b.backlog),
  };
}

function choose(
  which: (a: number, b: number) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return which(a, b);
}
